"""How a training went, for people: a table, and a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wordkit.training.runs.checkpoint import CHECKPOINTS
from wordkit.training.runs.metrics import METRICS, read_metrics


class History(Sequence[Mapping[str, Any]]):
    """What a run measured, row by row.

    A row has ``step``, ``epoch`` and ``seconds``, and either ``loss``, ``perplexity``, ``rate``,
    ``gradient_norm`` and ``tokens_per_second`` of the training since the row before, or
    ``validation_loss``, ``validation_perplexity`` and whether it was the ``best`` so far. Losses
    are in nats per token.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()):
        self._rows = [dict(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """A row, or some of them as another history."""
        found = self._rows[index]
        return History(found) if isinstance(index, slice) else found

    def epochs(self) -> list[dict[str, Any]]:
        """One row an epoch: its last training perplexity, and its last validation's."""
        found: dict[int, dict[str, Any]] = {}
        for row in self._rows:
            number = max(1, -int(-row["epoch"] // 1))
            found.setdefault(number, {"epoch": number}).update(
                {name: value for name, value in row.items() if name not in ("epoch", "best")}
            )
        return list(found.values())

    def to_frame(self) -> Any:
        """A pandas ``DataFrame`` with a line for each row."""
        from wordkit.tables import data_frame

        return data_frame(self._rows)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw the perplexity by epoch: a matplotlib figure, or a PNG, SVG or PDF file."""
        from wordkit.plots.loss import loss_curve

        return loss_curve(self._rows, path)

    def __repr__(self) -> str:
        names = ("epoch", "perplexity", "validation_perplexity", "rate")
        lines = ["{:>5} {:>12} {:>12} {:>10}".format("epoch", "perplexity", "validation", "rate")]
        for row in self.epochs():
            numbers = [row.get(name) for name in names[1:]]
            cells = ["" if n is None else f"{n:.4g}" for n in numbers]
            lines.append("{:>5} {:>12} {:>12} {:>10}".format(row["epoch"], *cells))
        return "\n".join(lines)


def history_in(folder: Path) -> History:
    """The history of the model that was trained in a folder; empty if it was only saved there."""
    path = folder / CHECKPOINTS / METRICS
    return History(read_metrics(path) if path.exists() else ())
