"""Between the steps: rows, checkpoints, validation, and the answer to Ctrl-C."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import lightning
import numpy as np
import torch

from wordorder.record.run_record import RunRecord
from wordorder.training.group import ALONE, Group
from wordorder.training.interrupt import Interrupt
from wordorder.training.intervals import Intervals
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.progress import Progress


class Diverged(Exception):
    """The loss is no longer a finite number."""


class Recording(lightning.Callback):
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
        progress: Progress | None,
        group: Group = ALONE,
    ):
        self.record, self.intervals, self.n_steps, self.group = record, intervals, n_steps, group
        self.own = own  # which run this is, for whoever opens its checkpoint
        self.validate, self.on_row, self.interrupt, self.progress = validate, on_row, interrupt, progress
        self.sums = {"nats": 0.0, "scored": 0.0, "norm": 0.0}  # since the last row
        self.tokens, self.seconds, self.step_drained = 0.0, 0.0, 0  # since the run began
        self.last_seconds, self.last_tokens = 0.0, 0.0  # at the last row
        self.first_step_at = ""  # by the calendar; a resumed run keeps that of its checkpoint

    @property
    def state_key(self) -> str:
        return "recording"

    def state_dict(self) -> dict[str, Any]:
        names = ("own", "sums", "tokens", "seconds", "step_drained", "last_seconds", "last_tokens", "first_step_at")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def on_train_start(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        self.clock = self.saved_at = time.monotonic()
        self.first_step_at = self.first_step_at or calendar_time()
        self.interrupt.listen()  # Lightning's own answer to SIGTERM ends training wherever it is, without a checkpoint

    def on_train_batch_end(self, trainer: lightning.Trainer, module: LightningLM, *_: Any) -> None:
        step, intervals = trainer.global_step, self.intervals
        last = step == self.n_steps
        if step % intervals.log_steps == 0 or last:
            self.write_row(module, step)
        if intervals.validate_steps and (step % intervals.validate_steps == 0 or last):
            self.take_time()
            self.add_row({"step": step, "tokens": int(self.tokens)} | finite(self.validate(), step))
            self.clock = time.monotonic()  # validation is not training time
        stop, due = self.group.any(self.interrupt.asked, self.due(step))
        if stop:
            trainer.should_stop = True
        if last:
            refuse_infinite(module, step)
        if due or stop:
            self.save(trainer, module)

    def due(self, step: int) -> bool:
        """Is a checkpoint due by steps or by time?"""
        by_steps, by_seconds = self.intervals.checkpoint_steps, self.intervals.checkpoint_seconds
        if by_steps and step % by_steps == 0:
            return True
        return bool(by_seconds) and time.monotonic() - self.saved_at >= by_seconds

    def save(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        """Write last.ckpt; a checkpoint is never made of weights that are not finite."""
        self.drain(module)
        refuse_infinite(module, trainer.global_step)
        self.take_time()
        if self.group.leads:
            trainer.save_checkpoint(self.record.checkpoint)
        self.clock = self.saved_at = time.monotonic()

    def write_row(self, module: LightningLM, step: int) -> None:
        """One row: the interval's mean loss, and where training stands."""
        self.drain(module)
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
        self.show(row)

    def add_row(self, row: dict[str, Any]) -> None:
        self.record.add_row(row)
        self.on_row(row)

    def show(self, row: dict[str, Any]) -> None:
        self.progress.show(row["step"], row)

    def take_time(self) -> None:
        """Add what has passed since the clock was last read."""
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now

    def drain(self, module: LightningLM) -> None:
        """Fetch what the steps since the last drain measured. Raises Diverged at the first step that is not finite."""
        if not module.measured:
            return
        measured = torch.stack([torch.stack([part.double() for part in step]) for step in module.measured])
        module.measured.clear()
        for nats, scored, tokens, norm in measured.cpu().numpy():
            self.step_drained += 1
            if not (np.isfinite(nats) and np.isfinite(norm)):
                raise Diverged(f"the loss of step {self.step_drained} is {nats}, its gradient norm {norm}")
            self.sums["nats"] += float(nats)
            self.sums["scored"] += float(scored)
            self.sums["norm"] = float(norm)
            self.tokens += float(tokens)


def calendar_time() -> str:
    """Now, to the millisecond, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def refuse_infinite(module: LightningLM, step: int) -> None:
    """Raise Diverged where a step has made weights infinite; its loss, of the weights before, may have been finite."""
    if not torch.stack([weight.isfinite().all() for weight in module.model.parameters()]).all():
        raise Diverged(f"the weights after step {step} are not finite")


def finite(row: dict[str, float], step: int) -> dict[str, float]:
    """The row. Raises Diverged where a value is not finite."""
    for name, value in row.items():
        if not np.isfinite(value):
            raise Diverged(f"{name} after step {step} is {value}")
    return row
