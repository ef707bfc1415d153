"""What the commands of lm and of seq2seq share: they train and describe models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from wordkit.cli.output import print_json, print_rows, say
from wordkit.cli.overwrite import check_output, overwrite_option

AT_LEAST_1 = click.IntRange(1)


def run_options(command: Callable) -> Callable:
    """The options of a run, of whichever model."""
    every = click.option(
        "--checkpoint-every", default="5m", show_default=True, help="Such as 30s, 5m or 1h."
    )
    resume = click.option("--resume", is_flag=True, help="Continue the run in the folder.")
    return every(resume(overwrite_option(command)))


def check_run(output: Path, kind: str, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds a model or a run, unless it is to be resumed or replaced.

    Raises
    ------
    UsageError
        Both are asked for.
    FormatError
        Something stands there that is not to be replaced.
    """
    from wordkit.training.runs.checkpoint import CHECKPOINTS

    if resume and overwrite:
        raise click.UsageError("--resume continues the run that --overwrite would remove")
    if not resume:
        check_output(output, kind, overwrite, beside=CHECKPOINTS)


def with_remembered(
    output: Path, resume: bool, inputs: Mapping[str, Path | None], given: Mapping[str, Any]
) -> tuple[dict[str, Path | None], dict[str, Any]]:
    """Return files and options; of a run that is resumed, those that it was started with.

    They are taken from the run where the first of the files is not named again; options that
    are given go before them.
    """
    first = next(iter(inputs))
    if inputs[first] is not None:
        return dict(inputs), dict(given)
    if not resume:
        raise click.UsageError(f"Missing {first.upper()}: name what to learn from, or --resume")
    from wordkit.training.runs.checkpoint import CHECKPOINTS
    from wordkit.training.runs.fingerprint import read_origin

    origin = read_origin(output / CHECKPOINTS)
    files, options = origin.get("inputs"), origin.get("options")
    if not isinstance(files, dict) or not isinstance(options, dict):
        raise click.UsageError(f"{output} does not say how its run was started: name all options")
    found = {name: files.get(name) for name in inputs}
    known = {name: Path(str(file)) if file is not None else None for name, file in found.items()}
    return known, {**options, **given}


def origin_of(inputs: Mapping[str, Path | None], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run is to remember of its command; paths are absolute."""
    files = {name: None if path is None else str(path.absolute()) for name, path in inputs.items()}
    return {"inputs": files, "options": dict(options)}


def check_validations(options: Mapping[str, Any], valid: Path | None) -> None:
    """``UsageError`` if what heeds validations will never see one."""
    if valid is not None:
        return
    if options["patience"] is not None:
        raise click.UsageError("--patience needs --valid")
    for option, name in ("schedule", "plateau"), ("optimizer", "asgd"):
        if (options[option] or "").partition(":")[0].strip() == name:
            raise click.UsageError(f"--{option} {name} needs --valid")


@contextmanager
def run_in(output: Path) -> Iterator[None]:
    """Around a training: what to do after Ctrl-C, and a picture of the loss at the end."""
    from wordkit.interrupts import TrainingInterrupted
    from wordkit.training.runs.checkpoint import CHECKPOINTS, latest_checkpoint

    again = "(the same command with --resume)"
    try:
        yield
    except TrainingInterrupted as stopped:
        raise TrainingInterrupted(f"{stopped} {again}") from None
    except KeyboardInterrupt:  # before the first step, or after the last
        path = latest_checkpoint(output / CHECKPOINTS)
        if path is None:
            raise
        raise TrainingInterrupted(
            f"interrupted, with a checkpoint in {path}: resume to continue {again}"
        ) from None
    draw_loss(output / CHECKPOINTS)


def draw_loss(folder: Path) -> None:
    """Draw ``loss.png`` of the metrics in a folder, where matplotlib is installed."""
    from wordkit.errors import BackendError
    from wordkit.plots.loss import loss_curve
    from wordkit.training.runs.metrics import read_metrics
    from wordkit.training.runs.trainer import METRICS

    for left in folder.glob(".loss.png.*.partial"):  # by a run that was killed here
        left.unlink(missing_ok=True)
    try:
        loss_curve(read_metrics(folder / METRICS), folder / "loss.png")
    except BackendError:
        return


def say_unfinished(path: Path, model: Any) -> None:
    """Where a model's training has not ended, of which step the weights are."""
    if "unfinished" in model.history:
        say(f"{path} is not trained to its end: these are the weights of step "
            f"{model.history['step']:,}")  # fmt: skip


def print_model(model: Any, words: Mapping[str, int], as_json: bool) -> None:
    """What a model is and how it was trained."""
    parameters = sum(p.size for p in {id(p): p for p in model.params.values()}.values())
    facts = {**words, "parameters": parameters, **asdict(model.settings)}
    if as_json:
        print_json({**facts, "history": model.history})
    else:
        print_rows([*facts.items(), *model.history.items()])
