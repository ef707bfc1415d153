"""Attention over a memory: one score in each file."""
