"""Word vectors once they exist: search, analogies, files and evaluation."""
