"""Recurrent layers: cells, the loop over time that they share, and stacks."""
