"""Arrays, threads, processes and compiled kernels: what the machine is asked to do."""
