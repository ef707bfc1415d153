"""What the estimators of trained models share: where they train, and how they are kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Generic, TypeVar

from wordkit.errors import ModelError
from wordkit.estimator import Estimator
from wordkit.interrupts import TrainingInterrupted
from wordkit.training.history import History, history_in
from wordkit.training.saved_model import SavedModel
from wordkit.training.settings import TrainingSettings

Network = TypeVar("Network", bound=SavedModel)
Self = TypeVar("Self", bound="ModelEstimator[Any]")


class ModelEstimator(Estimator, Generic[Network]):
    """A parent for dataclasses whose fields are the settings of a model and of its training.

    Nothing is checked before ``fit``, as scikit-learn has it.

    Attributes
    ----------
    model_
        The trained network.
    history_
        What was measured during the training.
    """

    network_type: ClassVar[type[SavedModel]]
    training_type: ClassVar[type[TrainingSettings]]
    progress: bool
    model_: Network
    history_: History

    def __post_init__(self) -> None:
        """In place of the checks of the settings."""

    @contextmanager
    def _run(
        self, folder: str | Path | None, *, resume: bool, checkpoint_every: float
    ) -> Iterator[dict[str, Any]]:
        """Yield the options of a run for ``fit``, which is called inside; keep its history.

        Without a folder the run is in a temporary one, and writes no checkpoint by the clock.

        Raises
        ------
        ModelError
            There is no folder to resume a run in.
        TrainingInterrupted
            With advice, where nothing was kept.
        """
        if resume and folder is None:
            raise ModelError("resume needs the folder of the run that it is to continue")
        with ExitStack() as stack:
            if folder is None:
                temporary = stack.enter_context(TemporaryDirectory(prefix="wordkit-"))
                place, checkpoint_every = Path(temporary) / "model", math.inf
            else:
                place = Path(folder)
            try:
                yield {
                    "folder": place, "resume": resume, "anew": not resume,
                    "checkpoint_every": checkpoint_every, "progress": self.progress,
                }  # fmt: skip
            except TrainingInterrupted:
                if folder is not None:
                    raise
                raise TrainingInterrupted(
                    "the training was stopped; give fit a folder to keep its checkpoints, and "
                    "resume=True to continue"
                ) from None
            self.history_ = history_in(place)

    def save(self, path: str | Path) -> None:
        """Write the model as a folder, which the command line reads too.

        Raises
        ------
        FormatError
            Something else stands there.
        """
        self.check_fitted("model_")
        self.model_.save(path)

    @classmethod
    def load(cls: type[Self], path: str | Path) -> Self:
        """Read a model that was saved or trained in a folder.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        FormatError
            It is damaged, of another kind, or of a newer version.
        """
        network = cls.network_type.load(path)
        names = {field.name for field in fields(cls.training_type)}
        trained = {name: value for name, value in network.history.items() if name in names}
        model = cls(**vars(network.settings), **cls._more_params(network), **trained)
        model.model_, model.history_ = network, history_in(Path(path))
        return model

    @classmethod
    def _more_params(cls, network: Any) -> dict[str, Any]:
        """Return the parameters that a network keeps outside of its settings."""
        return {}
