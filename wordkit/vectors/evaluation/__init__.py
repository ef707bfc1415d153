"""Evaluation of vectors: test sets, scores, and confidence intervals."""
