"""How good vectors are: evaluation sets, scores, and how sure they are."""
