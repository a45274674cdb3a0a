"""Between the steps, in the first process: rows, validation and checkpoints."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import lightning
import numpy as np

from wordorder.record.run_record import RunRecord
from wordorder.training.group import ALONE, Group
from wordorder.training.interrupt import Interrupt
from wordorder.training.intervals import Intervals
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.progress import Progress
from wordorder.training.steps import Diverged, Steps


class Recording(Steps):
    """Writes the record while Lightning trains. Its state travels in the checkpoint, so a resumed run writes the same rows."""

    def __init__(
        self,
        record: RunRecord,
        intervals: Intervals,
        *,
        own: dict[str, Any],
        n_steps: int,
        validate: Callable[[], dict[str, float]],
        on_row: Callable[[dict[str, Any]], None],
        interrupt: Interrupt,
        progress: Progress,
        group: Group = ALONE,
    ):
        super().__init__(intervals, n_steps=n_steps, interrupt=interrupt, group=group)
        self.record, self.validate, self.on_row, self.progress = record, validate, on_row, progress
        self.own = own  # which run this is, for whoever opens its checkpoint
        self.seconds = 0.0  # since the run began
        self.last_seconds, self.last_tokens = 0.0, 0.0  # at the last row
        self.first_step_at = ""  # by the calendar; a resumed run keeps that of its checkpoint

    def state_dict(self) -> dict[str, Any]:
        names = ("own", "sums", "tokens", "seconds", "step_drained", "last_seconds", "last_tokens", "first_step_at")
        return {name: getattr(self, name) for name in names}

    def on_train_start(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        self.clock = time.monotonic()
        self.first_step_at = self.first_step_at or calendar_time()
        super().on_train_start(trainer, module)

    def look(self, module: LightningLM, step: int) -> None:
        """Write what is due at this step."""
        super().look(module, step)
        if self.at(step, self.intervals.log_steps):
            self.write_row(module, step)
        if self.intervals.validate_steps and self.at(step, self.intervals.validate_steps):
            self.drain(module)  # else its tokens would be those of the last row
            self.take_time()
            self.add_row({"step": step, "tokens": int(self.tokens)} | finite(self.validate(), step))
            self.clock = time.monotonic()  # validation is not training time

    def pause(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        """Write last.ckpt."""
        super().pause(trainer, module)
        self.take_time()
        trainer.save_checkpoint(self.record.checkpoint)
        self.clock = time.monotonic()

    def write_row(self, module: LightningLM, step: int) -> None:
        """One row: the interval's mean loss, and where training stands."""
        self.take_time()
        row = {
            "step": step,
            "tokens": int(self.tokens),
            "loss": self.sums["nats"] / max(1.0, self.sums["scored"]),
            "lr": module.optimizers().param_groups[0]["lr"],
            "grad_norm": self.sums["norm"],
            "seconds": self.seconds,
            "tokens_per_second": (self.tokens - self.last_tokens) / max(1e-9, self.seconds - self.last_seconds),
        }
        self.sums = {"nats": 0.0, "scored": 0.0, "norm": 0.0}
        self.last_tokens, self.last_seconds = self.tokens, self.seconds
        self.add_row(row)
        self.progress.show(step, row)

    def add_row(self, row: dict[str, Any]) -> None:
        self.record.add_row(row)
        self.on_row(row)

    def take_time(self) -> None:
        """Add what has passed since the clock was last read."""
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now


def calendar_time() -> str:
    """Now, to the millisecond, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def finite(row: dict[str, float], step: int) -> dict[str, float]:
    """The row. Raises Diverged where a value is not finite."""
    for name, value in row.items():
        if not np.isfinite(value):
            raise Diverged(f"{name} after step {step} is {value}")
    return row
