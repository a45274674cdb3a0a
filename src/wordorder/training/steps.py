"""Between the steps, in every process of a run: counts, checks, and pauses at one step in all of them."""

import time
from typing import Any

import lightning
import numpy as np
import torch

from wordorder.training.group import ALONE, Group
from wordorder.training.interrupt import Interrupt
from wordorder.training.intervals import Intervals
from wordorder.training.lightning_lm import LightningLM


class Diverged(Exception):
    """The loss is no longer a finite number."""


class Steps(lightning.Callback):
    """All that a process does which trains along with the first one, and writes nothing; the first one's is a Recording.

    A resumed process goes on from the state that the first one left in the checkpoint.
    """

    def __init__(self, intervals: Intervals, *, n_steps: int, interrupt: Interrupt, group: Group = ALONE):
        self.intervals, self.n_steps, self.interrupt, self.group = intervals, n_steps, interrupt, group
        self.sums = {"nats": 0.0, "scored": 0.0, "norm": 0.0}  # since the last row, which a Recording writes
        self.tokens, self.step_drained = 0.0, 0  # since the run began

    @property
    def state_key(self) -> str:
        return "recording"

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def on_train_start(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        self.saved_at = time.monotonic()
        self.interrupt.listen()  # Lightning's own answer to SIGTERM ends training wherever it is, without a checkpoint

    def on_train_batch_end(self, trainer: lightning.Trainer, module: LightningLM, *_: Any) -> None:
        step = trainer.global_step
        self.look(module, step)
        stop, due = self.group.any(self.interrupt.asked, self.due(step))
        if stop:
            trainer.should_stop = True
        if step == self.n_steps:
            refuse_infinite(module, step)
        if due or stop:
            self.pause(trainer, module)
            self.saved_at = time.monotonic()

    def at(self, step: int, every: int) -> bool:
        """Is this one of every so many steps, or the last?"""
        return step % every == 0 or step == self.n_steps

    def due(self, step: int) -> bool:
        """Is a checkpoint due by steps or by time?"""
        by_steps, by_seconds = self.intervals.checkpoint_steps, self.intervals.checkpoint_seconds
        if by_steps and step % by_steps == 0:
            return True
        return bool(by_seconds) and time.monotonic() - self.saved_at >= by_seconds

    def look(self, module: LightningLM, step: int) -> None:
        """At the steps that are logged: fetch what was measured."""
        if self.at(step, self.intervals.log_steps):
            self.drain(module)

    def pause(self, trainer: lightning.Trainer, module: LightningLM) -> None:
        """Where a checkpoint is due: one is never made of weights that are not finite."""
        self.drain(module)
        refuse_infinite(module, trainer.global_step)

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


def refuse_infinite(module: LightningLM, step: int) -> None:
    """Raise Diverged where a step has made weights infinite; its loss, of the weights before, may have been finite."""
    if not torch.stack([weight.isfinite().all() for weight in module.model.parameters()]).all():
        raise Diverged(f"the weights after step {step} are not finite")
