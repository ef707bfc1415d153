"""Predicted vectors: skip-gram and CBOW, trained by kernels or by the textbook."""
