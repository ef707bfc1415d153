"""Count-based vectors: co-occurrence counts, PPMI and SVD."""
