"""One training loop for every model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wordkit.errors import ModelError
from wordkit.interrupts import TrainingInterrupted, noted_interrupts
from wordkit.training.batches import Batches
from wordkit.training.descent.clipping import clip_by_norm, clip_by_value
from wordkit.training.descent.gradients import combined
from wordkit.training.descent.optimizers import Optimizer
from wordkit.training.descent.schedules import Schedule
from wordkit.training.model import Model, evaluate
from wordkit.training.runs.metrics import METRICS, MetricsFile, perplexity
from wordkit.training.runs.report import Report
from wordkit.training.runs.run import RunFolder


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended.

    Attributes
    ----------
    reason
        Why it ended: ``epochs``, ``patience`` or ``time``.
    step, epoch
        The numbers of steps and epochs done.
    seconds
        Duration; for a run that was resumed, of all its parts.
    loss
        Validation loss of the weights that are kept; None without validation.
    """

    reason: str
    step: int
    epoch: int
    seconds: float
    loss: float | None


class Trainer:
    """Trains a model; a run that was killed can be resumed, and ends with the same bits.

    Parameters
    ----------
    batches, validation
        See ``batches``. ``validation`` may be None.
    folder
        For checkpoints, the best weights, and ``metrics.jsonl``.
    epochs, max_minutes
        When to stop, whichever comes first. Time includes earlier parts of a resumed run, and
        the last validation.
    clip_norm, clip_value
        See ``clipping``; None for none.
    validate_every
        Steps; None for the end of each epoch.
    patience
        Stop after this many validations in a row without a gain; None for never.
    checkpoint_every
        Seconds.
    log_every
        Steps between rows of the training loss in the metrics, at most.
    progress
        Show a progress bar, and a line for each epoch.
    sample
        Writes some text with the model, to be shown after each epoch; it changes nothing.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        schedule: Schedule,
        batches: Batches,
        folder: str | Path,
        *,
        validation: Batches | None = None,
        epochs: int = 1,
        max_minutes: float = math.inf,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        validate_every: int | None = None,
        patience: int | None = None,
        checkpoint_every: float = 300.0,
        log_every: int = 100,
        seed: int = 1,
        progress: bool = True,
        sample: Callable[[], str] | None = None,
    ):
        numbers = {"epochs": epochs, "validate_every": validate_every, "patience": patience,
                   "log_every": log_every}  # fmt: skip
        for name, value in numbers.items():
            if value is not None and value < 1:
                raise ModelError(f"{name} must be at least 1, not {value}")
        if not max_minutes >= 0:  # NaN would never end
            raise ModelError(f"max_minutes must be at least 0, not {max_minutes}")
        if validation is None and patience is not None:
            raise ModelError("patience needs a validation text")
        self.model, self.optimizer, self.schedule = model, optimizer, schedule
        self.batches, self.validation, self.folder = batches, validation, Path(folder)
        self.epochs, self.max_seconds = epochs, 60 * max_minutes
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.validate_every, self.patience = validate_every, patience
        self.checkpoint_every, self.log_every = checkpoint_every, log_every
        self.seed, self.progress, self.sample = seed, progress, sample

    def fit(self, *, resume: bool = False) -> TrainingResult:
        """Train, and leave the best weights in the params of the model.

        Without validation these are the last ones, averaged if the optimizer averages.

        Parameters
        ----------
        resume
            Continue from the last checkpoint, or start if there is none yet.

        Raises
        ------
        ModelError
            The loss, the gradient or the best perplexity is not finite. There is a checkpoint
            but not ``resume``, or it is of another run, or a new one cannot be written.
        FormatError
            The checkpoint or the metrics are damaged.
        TrainingInterrupted
            After Ctrl-C: the step is finished, a checkpoint written. A second Ctrl-C
            interrupts at once.
        """
        return _Fit(self, resume=resume).result()


class _Fit:
    """One call of ``fit``: the loop, and what it remembers from one step to the next."""

    def __init__(self, trainer: Trainer, *, resume: bool):
        self.trainer = trainer
        self.model, self.optimizer = trainer.model, trainer.optimizer
        self.saved = RunFolder(
            trainer.folder, self.model, self.optimizer, trainer.schedule, trainer.seed
        )
        self.run = self.saved.restore(resume=resume)
        self.metrics = MetricsFile(trainer.folder / METRICS, self.run.metrics_bytes)
        now = time.monotonic()
        self.began = now - self.run.seconds  # as if earlier parts had ended just now
        self.checkpoint_at, self.checkpoint_step = now, self.run.step
        self.rate = self.norm = math.nan  # of the last step
        self.targets, self.counted_from = 0, now  # for the speed, since the last row
        self.last_speed, self.validation_loss = 0.0, math.nan
        self.validation_seconds = 0.0  # of the last one
        self.epoch_loss, self.epoch_count = 0.0, 0  # since this part of the epoch began

    def result(self) -> TrainingResult:
        """Train to the end, and put the best weights in place."""
        try:
            # numbers that overflow are found in the loss and the norm of the gradient
            with np.errstate(over="ignore", invalid="ignore"):
                reason = self._train()
                self._finish()
        finally:
            self.metrics.close()
        run = self.run
        return TrainingResult(reason, run.step, run.epoch, self._seconds(), run.best_loss)

    # --- the loop -------------------------------------------------------------------

    def _train(self) -> str:
        """Step by step, until there is a reason to stop."""
        run, batches = self.run, self._batches_of_epoch()
        self._reset_speed()
        total = run.step - run.position + (self.trainer.epochs - run.epoch) * len(batches)
        with (
            noted_interrupts() as interrupts,
            Report(
                show=self.trainer.progress,
                total=total,
                done=run.step,
                epochs=self.trainer.epochs,
                seconds_left=self.trainer.max_seconds - self._seconds(),
                sample=self.trainer.sample,
            ) as report,
        ):
            while (reason := self._reason_to_stop()) is None:
                self._step(batches[run.position])
                self._count_batch()
                report.step(run.epoch + run.position / run.batches, self._facts)
                self._log_and_validate()
                if run.position == 0:
                    report.epoch(run.epoch, self._facts_of_epoch())
                if interrupts:
                    path = self._save()
                    raise TrainingInterrupted(
                        f"stopped after step {run.step:,}, kept in {path}: resume to continue"
                    )
                if time.monotonic() - self.checkpoint_at >= self.trainer.checkpoint_every:
                    self._save()
                if run.position == 0:
                    batches = self._batches_of_epoch()
            if self.checkpoint_step != run.step:
                self._save()
        return reason

    def _batches_of_epoch(self) -> Sequence[Any]:
        run = self.run
        batches = self.trainer.batches.epoch(self.trainer.seed, run.epoch)
        if run.position and run.batches != len(batches):
            raise ModelError(
                f"the run in {self.trainer.folder} has {run.batches:,} batches an epoch, not "
                f"{len(batches):,}: resume it with the text and the batch_size it had"
            )
        if not len(batches):
            raise ModelError(f"epoch {run.epoch + 1} has no batch to train on")
        run.batches = len(batches)
        return batches

    def _reason_to_stop(self) -> str | None:
        if self.run.epoch >= self.trainer.epochs:
            return "epochs"
        if self.trainer.patience is not None and self.run.worse >= self.trainer.patience:
            return "patience"
        pending = self.trainer.validation is not None and self.run.validated_step != self.run.step
        last = self.validation_seconds if pending else 0  # it ends with one
        return "time" if self._seconds() + last >= self.trainer.max_seconds else None

    def _step(self, batch: Any) -> None:
        """Forward, backward, clip, descend."""
        run = self.run
        loss, count, grads = self.model.loss_and_gradients(batch)
        loss, grads = float(loss), combined(self.model.params, grads)
        longest = self.trainer.clip_norm
        self.norm = clip_by_norm(grads, math.inf if longest is None else longest)
        self._check_finite(loss, "loss")
        self._check_finite(self.norm, "norm of the gradient")
        if self.trainer.clip_value is not None:
            clip_by_value(grads, self.trainer.clip_value)
        self.rate = self.trainer.schedule.rate(run.step) * batch.rate_scale
        self._check_finite(self.rate, "learning rate")
        self.optimizer.step(self.model.params, grads, self.rate)
        run.step += 1
        run.loss_sum += loss
        run.loss_count += int(count)
        self.epoch_loss += loss
        self.epoch_count += int(count)
        self.targets += int(count)

    def _count_batch(self) -> None:
        run = self.run
        run.position += 1
        if run.position == run.batches:
            run.epoch, run.position = run.epoch + 1, 0
            self.model.state = {}

    def _check_finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            run = self.run
            raise ModelError(
                f"the {what} is {value} after {run.step:,} steps, in epoch {run.epoch + 1}; "
                f"{self.saved.advice()}"
            )

    def _finish(self) -> None:
        """Put the best weights in place, or the last ones without validation.

        Nothing of this becomes part of the checkpoint, so that a run resumed with more epochs
        equals one that never ended here, if its schedule does: schedules that depend on the
        number of all steps (cosine, one-cycle) change with it.
        """
        if self.trainer.validation is None:
            with self.optimizer.averaged(self.saved.params):
                self.saved.keep_best(self.run)
        elif self.run.validated_step != self.run.step:
            self._validate(self.trainer.validation)
        best = self.run.best_loss
        if best is not None and perplexity(best) == math.inf:
            raise ModelError(
                f"the training has diverged: its best validation loss is {best:.3g} a target, of "
                "which the perplexity is infinite; start again, with a lower learning rate or a "
                "smaller clip"
            )
        self.saved.put_best(self.run)

    def _save(self) -> Path:
        run = self.run
        run.seconds, run.metrics_bytes = self._seconds(), self.metrics.sync()
        path = self.saved.save(run)
        self.checkpoint_at, self.checkpoint_step = time.monotonic(), run.step
        return path

    # --- validation and metrics -----------------------------------------------------

    def _log_and_validate(self) -> None:
        """Log and validate where that is due after a step."""
        run, epoch_ends = self.run, self.run.position == 0
        every = self.trainer.validate_every
        due = epoch_ends if every is None else run.step % every == 0
        if due or epoch_ends or run.step % self.trainer.log_every == 0:
            loss, self.last_speed = run.loss_sum / max(run.loss_count, 1), self._speed()
            self._write(
                loss=loss,
                perplexity=perplexity(loss),
                rate=self.rate,
                gradient_norm=self.norm,
                tokens_per_second=round(self.last_speed),
            )
            run.loss_sum, run.loss_count = 0.0, 0
            self._reset_speed()
        if due and self.trainer.validation is not None:
            self._validate(self.trainer.validation)

    def _validate(self, validation: Batches) -> None:
        run, began = self.run, time.monotonic()
        with self.optimizer.averaged(self.saved.params):
            loss, _ = evaluate(self.model, validation.epoch(0, 0))
            self.validation_loss = loss
            self._check_finite(loss, "validation loss")
            better = run.best_loss is None or loss < run.best_loss
            if better:
                self.saved.keep_best(run)
        run.validated_step = run.step
        run.worse = 0 if better else run.worse + 1
        run.best_loss = loss if better else run.best_loss
        self.optimizer.validated(loss)
        self.trainer.schedule.validated(loss)
        self._write(validation_loss=loss, validation_perplexity=perplexity(loss), best=better)
        self.validation_seconds = time.monotonic() - began
        self._reset_speed()

    def _write(self, **values: Any) -> None:
        run = self.run
        epoch = round(run.epoch + run.position / run.batches, 4)
        self.metrics.write(step=run.step, epoch=epoch, seconds=self._seconds(), **values)

    def _facts(self) -> str:
        """How the run goes, since the last row of the metrics."""
        loss = self.run.loss_sum / max(self.run.loss_count, 1)
        return (
            f"perplexity {perplexity(loss):.4g}, rate {self.rate:.3g}, "
            f"{self._speed():,.0f} tokens/s"
        )

    def _facts_of_epoch(self) -> str:
        """How the epoch went that has just ended."""
        loss = self.epoch_loss / max(self.epoch_count, 1)
        self.epoch_loss, self.epoch_count = 0.0, 0
        found = f"perplexity {perplexity(loss):.4g}"
        if not math.isnan(self.validation_loss):
            found += f", validation {perplexity(self.validation_loss):.4g}"
        return f"{found}, rate {self.rate:.3g}, {self.last_speed:,.0f} tokens/s"

    def _seconds(self) -> float:
        return time.monotonic() - self.began

    def _reset_speed(self) -> None:
        self.targets, self.counted_from = 0, time.monotonic()

    def _speed(self) -> float:
        """Targets a second, since the last row."""
        return self.targets / max(time.monotonic() - self.counted_from, 1e-9)
