"""Language models: training, perplexity and generation."""
