"""Losses: softmax, negative sampling and hierarchical softmax."""
