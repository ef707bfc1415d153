"""A run that is killed, stopped or out of luck goes on as if nothing had been."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.small_model import SmallModel, small_trainer
from wordkit.errors import FormatError, ModelError
from wordkit.interrupts import INTERRUPTS, TrainingInterrupted
from wordkit.storage.tensors import map_tensors, write_tensors
from wordkit.training.runs import checkpoint
from wordkit.training.runs.checkpoint import latest_checkpoint
from wordkit.training.runs.fingerprint import note_settings
from wordkit.training.runs.metrics import read_metrics
from wordkit.training.settings import TrainingSettings

ROOT = Path(__file__).parents[3]
CLOCK = ("seconds", "tokens_per_second", "metrics_bytes")


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in CLOCK} for row in rows]


def all_of(folder: Path) -> dict[str, Any]:
    """Everything that a run leaves, but for times."""
    path = latest_checkpoint(folder)
    assert path is not None
    config = json.loads((path / "config.json").read_text())
    (config["run"],) = timeless([config["run"]])
    final = folder / "final.npz"
    return {
        "names": sorted(p.name for p in folder.glob("*-*")),
        "config": config,
        "tensors": (path / "tensors.safetensors").read_bytes(),
        "metrics": timeless(read_metrics(folder / "metrics.jsonl")),
        "final": {k: v.tobytes() for k, v in np.load(final).items()} if final.exists() else None,
    }


def run(folder: Path, optimizer: str, schedule: str, moment: int, number: int = 0) -> int | None:
    """How many moments the run had, None if the signal ended it."""
    command = [sys.executable, "-m", "tests.training.small_model", str(folder), optimizer]
    done = subprocess.run(
        [*command, schedule, str(moment), str(int(number))],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if number and (done.returncode == -number or "TrainingInterrupted" in done.stderr):
        return None
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [("adam", "plateau"), ("asgd:patience=1", "one-cycle:warm_up=20,rate=10")],
)
def test_killed_at_any_moment(tmp_path: Path, optimizer: str, schedule: str, name: str) -> None:
    number = getattr(signal, name)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    moments = run(whole, optimizer, schedule, 0)
    assert moments is not None
    draws, kills = random.Random(optimizer), 0
    while run(broken, optimizer, schedule, draws.randint(1, moments // 2), number) is None:
        kills += 1
        if kills == 6:  # the next one lives
            assert run(broken, optimizer, schedule, 0) is not None
            break
    assert kills > 1
    assert all_of(broken) == all_of(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "whole"]


@pytest.mark.parametrize(
    ("optimizer", "rate"), [("sgd", 1), ("adadelta", 1), ("asgd:patience=1", 5)]
)
@pytest.mark.parametrize("stop", [1, 13, 50])
def test_ctrl_c(tmp_path: Path, optimizer: str, rate: float, stop: int) -> None:
    """In the middle of a step: the step is finished and kept."""

    class Stopped(SmallModel):
        left = stop

        def loss_and_gradients(self, batch: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGINT)
            return super().loss_and_gradients(batch)

    small_trainer(tmp_path / "whole", optimizer, rate=rate).fit()
    broken = small_trainer(tmp_path / "broken", optimizer, rate=rate, model=Stopped())
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(
        TrainingInterrupted, match=rf"after step {stop}, kept in .*resume to continue"
    ):
        broken.fit()
    assert signal.getsignal(signal.SIGINT) is before
    path = latest_checkpoint(tmp_path / "broken")
    assert path is not None
    assert path.name == f"step-{stop:09d}"
    small_trainer(tmp_path / "broken", optimizer, rate=rate).fit(resume=True)
    assert all_of(tmp_path / "broken") == all_of(tmp_path / "whole")


@pytest.mark.parametrize("sent", INTERRUPTS[1:])
def test_other_signals_are_as_ctrl_c(tmp_path: Path, sent: int) -> None:
    class Stopped(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            signal.raise_signal(sent)
            return super().loss_and_gradients(batch)

    before = signal.signal(sent, signal.SIG_DFL)  # ignored, maybe, as under nohup
    try:
        with pytest.raises(TrainingInterrupted, match="after step 1, kept in"):
            small_trainer(tmp_path / "broken", model=Stopped()).fit()
        assert signal.getsignal(sent) == signal.SIG_DFL
    finally:
        signal.signal(sent, before)
    small_trainer(tmp_path / "whole").fit()
    small_trainer(tmp_path / "broken").fit(resume=True)
    assert all_of(tmp_path / "broken") == all_of(tmp_path / "whole")


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    class Stopped(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            signal.raise_signal(signal.SIGINT)
            return super().loss_and_gradients(batch)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        small_trainer(tmp_path, model=Stopped(), epochs=1).fit()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_interrupts_at_once(tmp_path: Path) -> None:
    class Stopped(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("still here")

    with pytest.raises(KeyboardInterrupt) as caught:
        small_trainer(tmp_path, model=Stopped()).fit()
    assert not isinstance(caught.value, TrainingInterrupted)


def test_more_epochs_are_as_if_asked_for_at_once(tmp_path: Path) -> None:
    small_trainer(tmp_path / "whole", epochs=4).fit()
    small_trainer(tmp_path / "broken", epochs=2).fit()
    small_trainer(tmp_path / "broken", epochs=4).fit(resume=True)
    assert all_of(tmp_path / "broken") == all_of(tmp_path / "whole")


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    first = small_trainer(tmp_path)
    result = first.fit()
    second = small_trainer(tmp_path)
    again = second.fit(resume=True)
    assert (again.step, again.loss) == (result.step, result.loss)
    for name, param in first.model.params.items():
        np.testing.assert_array_equal(second.model.params[name], param)


def test_a_disk_that_fills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint before survives, and the run goes on when there is room."""
    small_trainer(tmp_path / "whole").fit()
    writes = iter(range(100))

    def write(path: Path, tensors: Any) -> None:
        path.write_bytes(b"half")
        if path.parent.name.startswith(".step") and next(writes) == 3:
            raise OSError(28, "No space left on device")
        real(path, tensors)

    real = checkpoint.write_tensors
    monkeypatch.setattr(checkpoint, "write_tensors", write)
    broken = tmp_path / "broken"
    with pytest.raises(ModelError, match=r"step-000000004 cannot be written \(No space left"):
        small_trainer(broken, checkpoint_every=0).fit()
    assert [p.name for p in broken.glob("*step-*")] == ["step-000000003"]
    assert not list(broken.glob(".*"))
    small_trainer(broken).fit(resume=True)
    assert all_of(broken) == all_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": "sgd"}, "the optimizer Adam, not SGD"),
        ({"schedule": "cosine"}, "the schedule Constant, not Cosine"),
        ({"seed": 2}, "the seed 1, not 2"),
        ({"tied": True}, "of a model with other weights"),
    ],
)
def test_the_run_of_another(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    with pytest.raises(ModelError, match=message):
        small_trainer(tmp_path, **change).fit(resume=True)


def test_another_text(tmp_path: Path) -> None:
    class Stopped(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            signal.raise_signal(signal.SIGINT)
            return super().loss_and_gradients(batch)

    with pytest.raises(TrainingInterrupted):
        small_trainer(tmp_path, model=Stopped()).fit()
    other = small_trainer(tmp_path)
    other.batches = other.validation
    with pytest.raises(ModelError, match="has 13 batches an epoch, not 6"):
        other.fit(resume=True)


def test_a_checkpoint_is_not_overwritten(tmp_path: Path) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    with pytest.raises(ModelError, match=r"holds the checkpoint step-000000013: resume"):
        small_trainer(tmp_path).fit()


def test_resume_without_a_checkpoint_begins(tmp_path: Path) -> None:
    small_trainer(tmp_path / "whole").fit()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "metrics.jsonl").write_text('{"of": "a run before"}\n')
    small_trainer(tmp_path / "new").fit(resume=True)
    assert all_of(tmp_path / "new") == all_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("config.json", b"{", "damaged"),
        ("config.json", None, "damaged"),
        ("tensors.safetensors", b"\x10", "cut short"),
    ],
)
def test_a_damaged_checkpoint(
    tmp_path: Path, file: str, damage: bytes | None, message: str
) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    if damage is None:
        config = json.loads((path / file).read_text())
        del config["generators"]["dropout"]["state"]["inc"]
        damage = json.dumps(config).encode()
    (path / file).write_bytes(damage)
    with pytest.raises(FormatError, match=message):
        small_trainer(tmp_path).fit(resume=True)


def test_metrics_that_are_gone(tmp_path: Path) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    (tmp_path / "metrics.jsonl").unlink()
    with pytest.raises(FormatError, match=r"metrics\.jsonl has 0 bytes where the checkpoint"):
        small_trainer(tmp_path).fit(resume=True)


@pytest.mark.parametrize("epochs", [1, 2])
def test_what_killed_runs_left_is_removed(tmp_path: Path, epochs: int) -> None:
    left = ["step-000000001", ".step-000000002.0123abcd.partial", ".best-000000002.0123abcd.old"]
    locks = [".step-000000002.lock", ".best-000000012.lock"]
    kept = ["step-notes", "besties", ".step-1.partial"]
    small_trainer(tmp_path, epochs=1).fit()
    for name in [*left, *kept]:
        (tmp_path / name).mkdir()
    for name in locks:
        (tmp_path / name).touch()
    small_trainer(tmp_path, epochs=epochs).fit(resume=True)
    assert not [name for name in (*left, *locks) if (tmp_path / name).exists()]
    assert all((tmp_path / name).exists() for name in kept)


DAMAGE = {
    "run": {"step": "13", "epoch": None, "position": -1, "seconds": [], "best_loss": "low"},
    "schedule_state": {"best": "low", "worse": None, "divisions": [1]},
    "optimizer_state": {"steps": "13"},
    "generators": {"dropout": [1]},
}


@pytest.mark.parametrize(
    ("part", "name"), [(part, name) for part in DAMAGE for name in (None, *DAMAGE[part])]
)
def test_a_checkpoint_with_a_wrong_type(tmp_path: Path, part: str, name: str | None) -> None:
    small_trainer(tmp_path, schedule="plateau", epochs=1).fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    config = json.loads((path / "config.json").read_text())
    if name is None:
        config[part] = [1]
    else:
        config[part][name] = DAMAGE[part][name]
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(FormatError, match="damaged, or of another model"):
        small_trainer(tmp_path, schedule="plateau").fit(resume=True)


@pytest.mark.parametrize("losses", [["low"], [2.5, "low"], [2.5, None], [2.5, [2.5]]])
def test_a_checkpoint_with_losses_of_a_wrong_type(tmp_path: Path, losses: list[Any]) -> None:
    small_trainer(tmp_path, "asgd", epochs=1).fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    config = json.loads((path / "config.json").read_text())
    config["optimizer_state"]["losses"] = losses
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(FormatError, match=r"damaged, or of another model: .*losses is"):
        small_trainer(tmp_path, "asgd").fit(resume=True)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("run", "step", 10**400),
        ("run", "seconds", math.nan),
        ("run", "best_loss", -math.inf),
        ("optimizer_state", "steps", -1),
        ("schedule_state", "divisions", -1),
    ],
)
def test_a_checkpoint_with_a_number_that_cannot_be(
    tmp_path: Path, part: str, name: str, value: float
) -> None:
    small_trainer(tmp_path, schedule="plateau", epochs=1).fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    config = json.loads((path / "config.json").read_text())
    config[part][name] = value
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(FormatError, match=f"damaged, or of another model: .*{name}"):
        small_trainer(tmp_path, schedule="plateau").fit(resume=True)


def test_weights_of_another_type(tmp_path: Path) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    path = latest_checkpoint(tmp_path)
    assert path is not None
    tensors = map_tensors(path / "tensors.safetensors")
    whole = {name: array.astype(np.int32) for name, array in tensors.items()}
    write_tensors(path / "tensors.safetensors", whole)
    with pytest.raises(ModelError, match="a model with other weights"):
        small_trainer(tmp_path).fit(resume=True)


@pytest.mark.parametrize("what", ["best-*", "best-*/tensors.safetensors", "step-*/tensors.*"])
def test_what_is_missing_is_named_before_the_training(tmp_path: Path, what: str) -> None:
    small_trainer(tmp_path, epochs=1).fit()
    (path,) = tmp_path.glob(what)
    path.rename(tmp_path / "elsewhere")

    class Never(SmallModel):
        def loss_and_gradients(self, batch: Any) -> Any:
            raise AssertionError("it began")

    with pytest.raises(FormatError, match=r"(best|step)-.* is missing.*put it back, or start"):
        small_trainer(tmp_path, model=Never()).fit(resume=True)


def test_a_finished_run_keeps_what_its_checkpoint_speaks_of(tmp_path: Path) -> None:
    """Weights that are found out to be best after it are in the model by then."""
    run = small_trainer(tmp_path / "no validation", epochs=1)
    run.validation = None
    run.fit()
    assert not list((tmp_path / "no validation").glob("best-*"))
    again = small_trainer(tmp_path / "no validation", epochs=1)
    again.validation = None
    again.fit(resume=True)
    for name, param in run.model.params.items():
        np.testing.assert_array_equal(again.model.params[name], param)
    small_trainer(tmp_path / "m", epochs=2).fit()
    path = latest_checkpoint(tmp_path / "m")
    assert path is not None
    step = json.loads((path / "config.json").read_text())["run"]["best_step"]
    assert [p.name for p in (tmp_path / "m").glob("best-*")] == [f"best-{step:09d}"]


def test_the_rate_and_the_clip_may_change(tmp_path: Path) -> None:
    """As the advice says that is given when numbers are no longer finite."""
    (tmp_path / "run").mkdir()
    begun = TrainingSettings(lr=1.0)
    note_settings(tmp_path / "run", begun, data={}, resume=False)
    (tmp_path / "run" / "step-000000001").mkdir()
    milder = replace(begun, lr=0.1, clip=0.1)
    note_settings(tmp_path / "run", milder, data={}, resume=True)
    with pytest.raises(ModelError, match="has optimizer 'adam', not 'sgd': resume it with"):
        note_settings(tmp_path / "run", replace(begun, optimizer="sgd"), data={}, resume=True)
