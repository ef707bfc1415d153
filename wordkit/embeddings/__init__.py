"""Word vectors from a corpus: count-based, predicted, and combined into text vectors."""
