"""A dataset in parts (train, valid, test): a folder of corpora with one vocabulary."""

from __future__ import annotations

from pathlib import Path

from wordkit.corpus.corpus import Corpus
from wordkit.corpus.datasets import dataset, dataset_names, fetch
from wordkit.corpus.encoded import PARTS_KIND, VERSION
from wordkit.corpus.text import TextOptions
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError
from wordkit.storage.config import write_config
from wordkit.storage.folders import new_folder


def build_dataset(
    name: str, directory: str | Path, workers: int | None = None, *, progress: bool = False
) -> list[tuple[str, Corpus]]:
    """Build the parts of a known dataset, with the vocabulary of the first part only.

    The text is treated as is usual in the field: tokens split at white space, unchanged, and
    ``<eos>`` for each newline.
    """
    text = TextOptions(tokenizer="whitespace", lower=False, normalize=False, eos="line")
    parts = dataset(name).parts
    if not parts:
        raise CorpusError(
            f"{name} is no text to build a corpus from; the texts are "
            f"{', '.join(dataset_names('text'))}"
        )
    files = dict(zip(parts, fetch(name, progress=progress), strict=True))
    vocabulary: Vocabulary | None = None
    with new_folder(directory, PARTS_KIND) as folder:
        write_config(folder, PARTS_KIND, VERSION, {"parts": parts})
        for part, file in files.items():
            built = Corpus.build(
                [file],
                folder / part,
                text=text,
                min_count=1,
                vocabulary=vocabulary,
                workers=workers,
            )
            vocabulary = vocabulary or built.vocabulary
    return [(part, Corpus.load(Path(directory) / part, verify=False)) for part in parts]
