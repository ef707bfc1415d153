"""Word vectors from a corpus: counted, predicted, and joined to vectors of texts."""
