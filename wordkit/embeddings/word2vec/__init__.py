"""word2vec: skip-gram and CBOW, in fast kernels and in textbook form."""
