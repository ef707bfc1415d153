"""Encoder-decoders: training, decoding and evaluation."""
