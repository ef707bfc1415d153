"""The training loop. That it goes on in the same bits is in test_resume."""

from __future__ import annotations

import itertools
import math
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.training.small_model import TEXT, SmallModel, small_trainer
from wordkit.backend.arrays import to_host
from wordkit.errors import ModelError
from wordkit.layers.base import RowGradient
from wordkit.training.batches import TextBatches
from wordkit.training.descent.averaged_sgd import ASGD
from wordkit.training.descent.schedules import Plateau
from wordkit.training.model import evaluate
from wordkit.training.runs import trainer
from wordkit.training.runs.checkpoint import latest_checkpoint, read_checkpoint
from wordkit.training.runs.metrics import read_metrics
from wordkit.training.runs.trainer import Trainer


def test_against_a_loop_written_out(xp: Any, tmp_path: Path) -> None:
    """SGD, clipped, the rate by the length of the window, the state from batch to batch."""
    found = SmallModel(xp=xp, dtype=np.float64)
    run = small_trainer(
        tmp_path, "sgd", "exponential:decay=0.9", model=found, variable=True, epochs=2, rate=2,
        clip_norm=0.09,
    )  # fmt: skip
    run.validation = None
    run.fit()
    twin, step, norms = SmallModel(dtype=np.float64), 0, []
    for epoch in range(2):
        twin.state = {}
        for batch in TextBatches(TEXT[:320], batch_size=4, bptt=6, variable=True).epoch(1, epoch):
            _, _, grads = twin.loss_and_gradients(batch)
            dense = {
                name: g.dense() if isinstance(g, RowGradient) else g for name, g in grads.items()
            }
            norm = math.sqrt(sum((g**2).sum() for g in dense.values()))
            norms.append(norm)
            for name, g in dense.items():
                rate = 2 * 0.9**step * batch.inputs.shape[1] / 6
                twin.params[name] -= rate * g * min(1, 0.09 / norm)
            step += 1
    assert min(norms) < 0.09 < max(norms)
    for name, param in twin.params.items():
        np.testing.assert_allclose(to_host(found.params[name]), param, rtol=1e-9)


@pytest.mark.parametrize("optimizer", ["adam", "asgd:patience=1"])
def test_the_best_weights_are_kept(tmp_path: Path, optimizer: str) -> None:
    """Also averages; a rate this high makes a loss that goes up again."""
    run = small_trainer(tmp_path, optimizer, rate=0.3 if optimizer == "adam" else 10)
    result = run.fit()
    rows = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "best" in row]
    losses = [row["validation_loss"] for row in rows]
    best = min(losses)
    assert best != losses[-1]
    assert result.loss == best
    assert run.validation is not None
    assert evaluate(run.model, run.validation.epoch(0, 0)) == (best, 79)
    assert [row["best"] for row in rows] == [
        loss < min(losses[:n], default=math.inf) for n, loss in enumerate(losses)
    ]


def test_a_trainer_remembers_nothing_of_a_fit(tmp_path: Path) -> None:
    """What belongs to one call of ``fit`` is not left behind for the next."""
    run = small_trainer(tmp_path, "adam", rate=0.01)
    before = dict(vars(run))
    run.fit()
    assert vars(run) == before


def test_validations_are_heard_of(tmp_path: Path) -> None:
    """By the schedule, and by the optimizer, which is then evaluated at its average."""
    run = small_trainer(tmp_path, "asgd:patience=1", "plateau:divisor=2", rate=20)
    run.fit()
    rows = read_metrics(tmp_path / "metrics.jsonl")
    losses = [row["validation_loss"] for row in rows if "best" in row]
    optimizer, schedule = ASGD(patience=1), Plateau(rate=20, divisor=2)
    for loss in losses:
        optimizer.validated(loss)
        schedule.validated(loss)
    assert optimizer.averaging
    assert run.optimizer.state()["losses"] == losses
    assert run.schedule.state() == schedule.state()
    assert schedule.divisions
    path = latest_checkpoint(tmp_path)
    assert path is not None
    for name, param in run.model.params.items():
        param[...] = read_checkpoint(path)[0][f"params/{name}"]
    assert run.validation is not None
    text = run.validation.epoch(0, 0)
    assert evaluate(run.model, text)[0] != losses[-1]
    with run.optimizer.averaged(run.model.params):
        assert evaluate(run.model, text)[0] == losses[-1]


def test_the_average_is_kept_without_validation(tmp_path: Path) -> None:
    run = small_trainer(tmp_path, "asgd:patience=0", rate=1, epochs=1)
    run.validation = None
    for loss in (1.0, 2.0):
        run.optimizer.validated(loss)
    trail = [to_host(run.model.params["words"]).copy()]
    step = run.optimizer.step

    def watched(params: Any, grads: Any, rate: float) -> None:
        step(params, grads, rate)
        trail.append(params["words"].copy())

    run.optimizer.step = watched  # type: ignore[method-assign]
    assert run.fit().loss is None
    np.testing.assert_allclose(run.model.params["words"], np.mean(trail, axis=0), rtol=1e-5)


def test_metrics(tmp_path: Path) -> None:
    sums: list[tuple[float, int]] = []

    class Watched(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            loss, count, grads = super().loss_and_gradients(batch)
            sums.append((loss, count))
            return loss, count, grads

    small_trainer(tmp_path, schedule="cosine", model=Watched(), epochs=2).fit()
    rows = read_metrics(tmp_path / "metrics.jsonl")
    training = [row for row in rows if "loss" in row]
    # every 3 steps, before every validation (7), and at the end of every epoch (13)
    assert [row["step"] for row in training] == [3, 6, 7, 9, 12, 13, 14, 15, 18, 21, 24, 26]
    assert [row["step"] for row in rows if "best" in row] == [7, 14, 21, 26]
    start = 0
    for row in training:
        part, start = sums[start : row["step"]], row["step"]
        mean = sum(loss for loss, _ in part) / sum(count for _, count in part)
        assert row["loss"] == pytest.approx(mean, rel=1e-12)
        assert row["perplexity"] == pytest.approx(math.exp(mean))
        rate = 0.05 * (1 + math.cos(math.pi * (row["step"] - 1) / 70)) / 2
        assert row["rate"] == pytest.approx(rate)
        assert row["epoch"] == pytest.approx(row["step"] / 13, abs=1e-4)
        assert row["gradient_norm"] > 0


def test_evaluation() -> None:
    model, state = SmallModel(), {"h": np.ones((4, 6), np.float32)}
    before = {name: param.copy() for name, param in model.params.items()}
    random = model.generators["dropout"].bit_generator.state
    model.state = state
    batches = TextBatches(TEXT, batch_size=3, bptt=5, every_target=True).epoch(0, 0)
    loss, targets = evaluate(model, batches)
    assert targets == len(TEXT) - 1
    assert model.state is state
    assert model.generators["dropout"].bit_generator.state == random
    model.state, total = {}, 0.0
    for batch in batches:
        total += model.loss(batch)[0]
    assert loss == total / targets
    for name, param in before.items():
        np.testing.assert_array_equal(model.params[name], param)


def test_nothing_to_evaluate() -> None:
    model = SmallModel()
    with pytest.raises(ModelError, match="no target that counts"):
        evaluate(model, [])


# --- when to stop -------------------------------------------------------------------


def test_early_stopping(tmp_path: Path) -> None:
    run = small_trainer(tmp_path, rate=1.0, patience=2, epochs=100)
    result = run.fit()
    rows = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "best" in row]
    assert result.reason == "patience"
    assert [row["best"] for row in rows][-3:] == [True, False, False]
    assert not any(
        not (a["best"] or b["best"])
        for a, b in itertools.pairwise(rows[:-1])
    )  # fmt: skip
    assert rows[-1]["step"] == result.step


def test_as_good_is_not_better(tmp_path: Path) -> None:
    """It is the first of the best that is kept, and patience ends."""

    class Settled(SmallModel):
        def loss(self, batch: Any) -> tuple[float, int]:
            count = super().loss(batch)[1]
            return 2.5 * count, count

    result = small_trainer(tmp_path, model=Settled(), patience=3, epochs=100).fit()
    rows = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "best" in row]
    assert [row["best"] for row in rows] == [True, False, False, False]
    assert (result.reason, result.step, result.loss) == ("patience", 28, 2.5)
    assert [path.name for path in tmp_path.glob("best-*")] == ["best-000000007"]


def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds pass when it is looked at."""
    ticks = itertools.count(0.0).__next__
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=ticks))


def test_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last steps are looked at, too; and time spent is spent after a resume."""
    clock(monkeypatch)
    first = small_trainer(tmp_path, epochs=100, max_minutes=1, validate_every=1000)
    result = first.fit()
    assert result.reason == "time"
    assert 60 <= result.seconds < 80
    assert result.step < 60
    assert result.loss is not None
    second = small_trainer(tmp_path, epochs=100, max_minutes=1, validate_every=1000)
    again = second.fit(resume=True)
    assert (again.step, again.reason, again.loss) == (result.step, "time", result.loss)
    third = small_trainer(tmp_path, epochs=100, max_minutes=2, validate_every=1000)
    more = third.fit(resume=True)
    assert 120 <= more.seconds < 140
    assert more.step > result.step


def test_the_last_validation_is_part_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes half a minute here."""
    now = itertools.count(0.0)
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=now.__next__))
    real = trainer.evaluate

    def slow(*arguments: Any) -> Any:
        for _ in range(30):
            next(now)
        return real(*arguments)

    monkeypatch.setattr(trainer, "evaluate", slow)
    run = small_trainer(tmp_path, epochs=100, max_minutes=5, validate_every=30)
    result = run.fit()
    assert result.reason == "time"
    assert 270 < result.seconds < 315


def test_no_time_at_all(tmp_path: Path) -> None:
    result = small_trainer(tmp_path, max_minutes=0).fit()
    assert (result.reason, result.step) == ("time", 0)
    assert result.loss == pytest.approx(math.log(11), rel=0.05)


def test_checkpoints_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch)
    run = small_trainer(tmp_path, checkpoint_every=100, epochs=20)
    steps: list[int] = []
    save = trainer.RunFolder.save

    def watched(self: Any, state: Any) -> Path:
        steps.append(state.step)
        return save(self, state)

    monkeypatch.setattr(trainer.RunFolder, "save", watched)
    run.fit()
    gaps = np.diff(steps[:-1])
    assert len(gaps) > 3
    assert 10 < gaps.min() <= gaps.max() < 60
    assert steps[-1] == 260
    assert [p.name for p in tmp_path.glob("step-*")] == ["step-000000260"]


# --- numbers that are none ----------------------------------------------------------


class Diverging(SmallModel):
    """Good for some steps, then not."""

    def __init__(self, what: str, good: int = 5):
        super().__init__()
        self.what, self.good = what, good

    def loss_and_gradients(self, batch: Any) -> tuple[float, int, dict[str, Any]]:
        loss, count, grads = super().loss_and_gradients(batch)
        self.good -= 1
        if self.good < 0 and self.what == "loss":
            return math.nan, count, grads
        if self.good < 0 and self.what == "gradient":
            grads["words"].values[0, 0] = math.inf
        if self.good == -1 and self.what == "weights":  # the gradient is finite, the step is not
            grads["outputs"][:] = 3e38
        return loss, count, grads


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("loss", r"the loss is nan after 5 steps, in epoch 1; the last good checkpoint is "),
        ("gradient", r"the norm of the gradient is inf after 5 steps, in epoch 1; the last good"),
        ("weights", r"the weights 'outputs' are not finite; the last good checkpoint is "),
    ],
)
def test_not_finite(tmp_path: Path, what: str, message: str) -> None:
    run = small_trainer(
        tmp_path, "sgd", model=Diverging(what), rate=10, clip_norm=None, checkpoint_every=0
    )
    with pytest.raises(
        ModelError, match=message + ".*: resume with a lower learning rate or a smaller clip"
    ):
        run.fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    assert path.name == "step-000000005"
    again = small_trainer(tmp_path, "sgd", rate=0.1).fit(resume=True)
    assert again.step == 65


def test_a_rate_that_is_not_finite(tmp_path: Path) -> None:
    schedule = "exponential:decay=1e300,every=0.1"
    with pytest.raises(ModelError, match="the learning rate is inf after 1 steps, in epoch 1"):
        small_trainer(tmp_path, schedule=schedule).fit()


def test_not_finite_before_the_first_checkpoint(tmp_path: Path) -> None:
    run = small_trainer(tmp_path, model=Diverging("loss"))
    with pytest.raises(ModelError, match="there is no checkpoint yet: start again with a lower"):
        run.fit()


def test_a_validation_that_is_not_finite(tmp_path: Path) -> None:
    class Blind(SmallModel):
        def loss(self, batch: Any) -> tuple[float, int]:
            return math.inf, super().loss(batch)[1]

    with pytest.raises(ModelError, match="the validation loss is inf after 7 steps"):
        small_trainer(tmp_path, model=Blind()).fit()


def test_a_run_of_which_no_perplexity_is_finite(tmp_path: Path) -> None:
    class Lost(SmallModel):
        def loss(self, batch: Any) -> tuple[float, int]:
            count = super().loss(batch)[1]
            return 1e30 * count, count

    with pytest.raises(ModelError, match=r"has diverged: its best validation loss is 1e\+30"):
        small_trainer(tmp_path, model=Lost(), epochs=1).fit()


# --- the rest -----------------------------------------------------------------------


def test_clip_by_value(tmp_path: Path) -> None:
    """A rate of 1 moves no weight by more than the limit."""
    run = small_trainer(tmp_path, "sgd", rate=1, clip_norm=None, clip_value=1e-4, epochs=1)
    run.validation, before = None, run.model.params["outputs"].copy()
    run.fit()
    moved = abs(run.model.params["outputs"] - before).max()
    assert 1e-4 < moved <= 13 * 1e-4 * 1.001


def test_paths_may_be_strings(tmp_path: Path) -> None:
    folder = str(tmp_path)
    small_trainer(folder, epochs=1).fit()
    assert latest_checkpoint(folder) == tmp_path / "step-000000013"
    assert read_metrics(f"{folder}/metrics.jsonl")[-1]["step"] == 13


@pytest.mark.parametrize("progress", [True, False])
def test_no_bar_without_a_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture, progress: bool
) -> None:
    run = small_trainer(tmp_path, epochs=1)
    run.progress = progress
    run.fit()
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", int(progress))


def test_in_a_thread(tmp_path: Path) -> None:
    """Where no signal can be caught."""
    results: list[Any] = []
    run = small_trainer(tmp_path, epochs=1)
    thread = threading.Thread(target=lambda: results.append(run.fit()))
    thread.start()
    thread.join()
    assert [result.step for result in results] == [13]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"validate_every": 0}, "validate_every must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"log_every": -1}, "log_every must be at least 1"),
    ],
)
def test_bad_settings(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        small_trainer(tmp_path, **settings)


def test_patience_without_validation(tmp_path: Path) -> None:
    run = small_trainer(tmp_path)
    with pytest.raises(ModelError, match="patience needs a validation text"):
        Trainer(run.model, run.optimizer, run.schedule, run.batches, tmp_path, patience=1)


@pytest.mark.parametrize("minutes", [-1, math.nan])
def test_minutes_that_are_none(tmp_path: Path, minutes: float) -> None:
    with pytest.raises(ModelError, match="max_minutes must be at least 0, not"):
        small_trainer(tmp_path, max_minutes=minutes)


def test_an_epoch_without_batches(tmp_path: Path) -> None:
    class Nothing:
        def epoch(self, seed: int, epoch: int) -> list[Any]:
            return []

    run = small_trainer(tmp_path)
    run.batches = Nothing()
    with pytest.raises(ModelError, match="epoch 1 has no batch to train on"):
        run.fit()
