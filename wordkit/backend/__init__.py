"""Arrays, threads, processes and compiled kernels."""
