"""The loss curve that stands beside the checkpoints of a model."""

from __future__ import annotations

from pathlib import Path


def draw_loss(folder: Path) -> None:
    """Draw ``loss.png`` of the metrics in a folder, where matplotlib is installed."""
    from wordkit.errors import BackendError
    from wordkit.plots import loss_curve
    from wordkit.training.metrics import read_metrics
    from wordkit.training.trainer import METRICS

    for left in folder.glob(".loss.png.*.partial"):  # by a run that was killed here
        left.unlink(missing_ok=True)
    try:
        loss_curve(read_metrics(folder / METRICS), folder / "loss.png")
    except BackendError:
        return
