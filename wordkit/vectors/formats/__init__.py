"""Files of vectors: one format a file."""
