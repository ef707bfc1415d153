"""From text files to ids: readers, tokens, vocabularies, and texts that are fetched or made."""
