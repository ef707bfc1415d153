"""Open what wordkit has saved, whatever it is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from wordkit.errors import FormatError
from wordkit.storage.config import CONFIG, load_config

_KINDS = {
    "corpus": "wordkit.corpus.corpus.Corpus",
    "language-model": "wordkit.lm.estimator.LanguageModel",
    "seq2seq": "wordkit.seq2seq.estimator.Seq2Seq",
}
_VECTORS = "wordkit.vectors.word_vectors.WordVectors"


def load(path: str | Path) -> Any:
    """A ``Corpus``, ``WordVectors``, a ``LanguageModel`` or a ``Seq2Seq``, from its folder.

    Word vectors may also be a file or a folder of another program, as ``WordVectors.load``
    reads them.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder.
    FormatError
        It is something else, damaged, or of a newer version.
    """
    path = Path(path)
    home = _KINDS.get(_kind_of(path), _VECTORS)
    module, _, name = home.rpartition(".")
    return getattr(import_module(module), name).load(path)


def _kind_of(path: Path) -> str:
    """What the configuration of a folder says that it is; nothing, if there is none."""
    try:
        return str(load_config(path / CONFIG).get("kind"))
    except (OSError, FormatError):
        return ""
