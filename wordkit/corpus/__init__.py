"""From text files to ids: readers, tokenizers, vocabularies, and known datasets."""
