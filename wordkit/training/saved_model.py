"""A model in a folder: what all models write, and how they are read.

    config.json            kind, version, settings, and how it was trained
    *vocabulary.txt        the words, with their counts in the training text
    model.safetensors      the weights, by their paths through the tree of layers

A folder of checkpoints may stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from wordkit.backend.arrays import to_host
from wordkit.backend.memory import check_memory
from wordkit.corpus.vocabulary import Vocabulary
from wordkit.errors import CorpusError, FormatError, ModelError
from wordkit.layers.base import Layer, distinct
from wordkit.storage.config import CONFIG, read_config, write_config
from wordkit.storage.folders import new_folder
from wordkit.storage.tensors import map_tensors, write_tensors
from wordkit.training.runs.checkpoint import CHECKPOINTS, latest_weights

Self = TypeVar("Self", bound="SavedModel")
WEIGHTS = "model.safetensors"
DESCRIPTION = "model"
"""In the folder of the checkpoints: what the model is, without its weights."""


def check_fits(blank: SavedModel) -> None:
    """Raise ``ModelError`` if memory cannot hold a model, of ``BLANK`` weights, in training.

    Training needs at least float32 weights and their gradients.
    """
    count = sum(array.size for array in distinct(blank.params).values())
    check_memory(
        8 * count,
        f"training a model of {count:,} weights",
        "lower layers, embedding_size or hidden_size, or keep fewer words",
    )


class SavedModel(Layer):
    """A tree of layers with settings and vocabularies, which can be saved and loaded.

    Attributes
    ----------
    settings
        A frozen dataclass of the type ``settings_type``.
    history
        How the model was trained, as values for JSON; kept for information only.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    settings_type: ClassVar[type]
    command: ClassVar[str]
    """The command that trains such a model, for messages."""

    settings: Any
    history: dict[str, Any]

    # --- what the models differ in ---

    @classmethod
    def vocabulary_files(cls, settings: Any) -> tuple[str, ...]:
        """Return the names of the vocabulary files."""
        raise NotImplementedError

    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """Return the vocabularies, in the order of the files."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """Return additional entries of ``config.json``, as values for JSON."""
        raise NotImplementedError

    @classmethod
    def from_facts(
        cls: type[Self], settings: Any, vocabularies: list[Vocabulary], facts: Mapping[str, Any]
    ) -> Self:
        """Make a model with ``BLANK`` weights; a ``WordkitError`` if the facts are invalid."""
        raise NotImplementedError

    # --- on disk ---

    def save(self, path: str | Path) -> None:
        """Write the model as a folder, in which a folder of checkpoints may stand already.

        Raises
        ------
        FormatError
            Something else stands there.
        """
        weights = {path: to_host(array) for path, array in distinct(self.params).items()}
        with new_folder(path, self.kind, beside=CHECKPOINTS) as folder:
            self._describe(folder)
            write_tensors(folder / WEIGHTS, weights)

    def save_beginning(self, path: str | Path) -> None:
        """Write all but the weights, in the folder where the model is to be trained.

        With those of a checkpoint, ``load`` has a model before its training ends.
        """
        with new_folder(Path(path) / CHECKPOINTS / DESCRIPTION, self.kind) as folder:
            self._describe(folder)

    def _describe(self, folder: Path) -> None:
        """Write the configuration and the vocabularies."""
        config = {**self.facts(), "settings": asdict(self.settings), "history": self.history}
        write_config(folder, self.kind, self.version, config)
        files = self.vocabulary_files(self.settings)
        for name, vocabulary in zip(files, self.vocabularies(), strict=True):
            vocabulary.save(folder / name)

    @classmethod
    def load(cls: type[Self], path: str | Path) -> Self:
        """Read what ``save`` wrote; of a model in training, the weights of a checkpoint.

        These are the best so far, by the validation, or else the last. ``history`` is then
        ``{"unfinished": True, "step": step}``.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            It is cut short or damaged, of another kind, of a newer version, or has no
            checkpoint yet.
        """
        path = Path(path)
        runs = path / CHECKPOINTS
        if (path / CONFIG).exists() or not runs.is_dir():
            return cls._loaded(path, path / WEIGHTS, map_tensors)
        found = latest_weights(runs) if (runs / DESCRIPTION).is_dir() else None
        if found is None:
            raise FormatError(
                f"{path} has no model yet, nor a checkpoint: its training has just begun, or was "
                f"stopped before the first (finish it: the same {cls.command} with --resume)"
            )
        step, weights = found
        model = cls._loaded(runs / DESCRIPTION, runs, lambda _: weights)
        model.history = {"unfinished": True, "step": step}
        return model

    @classmethod
    def _loaded(
        cls: type[Self], path: Path, place: Path, read: Callable[[Path], Mapping[str, Any]]
    ) -> Self:
        """The model of a description, with the weights that are read from another place."""
        config = read_config(path, cls.kind, cls.version)
        try:
            settings, history = cls.settings_type(**config["settings"]), dict(config["history"])
        except (KeyError, TypeError, ValueError, ModelError) as error:
            raise FormatError(f"{path / 'config.json'} is damaged: {error}") from None
        vocabularies = [Vocabulary.load(path / name) for name in cls.vocabulary_files(settings)]
        weights = read(place)
        if settings.layers > len(weights):  # before anything is made of so many
            raise FormatError(
                f"{place} holds {len(weights)} arrays, too few for {settings.layers:,} layers"
            )
        try:
            model = cls.from_facts(settings, vocabularies, config)
        except (KeyError, TypeError, ValueError, CorpusError, ModelError) as error:
            raise FormatError(f"{path / 'config.json'} is damaged: {error}") from None
        model.history = history
        return model._read(place, weights)

    def _read(self: Self, path: Path, weights: Mapping[str, np.ndarray]) -> Self:
        """Read the weights of a file into a model; they must match it and be finite."""
        try:
            self.put(weights)
        except ModelError as error:
            raise FormatError(f"{path} is damaged: {error}") from None
        self.replace(lambda _, array: np.array(array))
        with np.errstate(invalid="ignore"):
            for name, array in distinct(self.params).items():
                if not np.isfinite(array.sum(dtype=np.float64)):
                    raise FormatError(
                        f"{path}: the weights {name!r} hold NaN or infinity, so the model "
                        "cannot predict; train it again"
                    )
        return self


def log_shares(vocabulary: Vocabulary) -> np.ndarray:
    """Return the logarithm of each word's share of the training text, (V,) float32.

    A word that does not occur in it counts as half an occurrence.
    """
    counts = np.maximum(vocabulary.counts, 0.5)
    return np.log(counts / counts.sum()).astype(np.float32)
