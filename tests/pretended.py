"""A training that only counts, for what happens between its steps."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from wordorder.training import recording, steps
from wordorder.training.intervals import Intervals
from wordorder.training.steps import Steps

N_STEPS = 7
VALUES = {"log_steps": 2, "validate_steps": 0, "validate_tokens": 1, "checkpoint_steps": 0, "checkpoint_seconds": 0.0}


class Clock:
    """Time passes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def set_clock(monkeypatch: Any) -> Clock:
    """The one clock of whatever happens between the steps."""
    clock = Clock()
    for module in (steps, recording):
        monkeypatch.setattr(module, "time", clock)
    return clock


def intervals(**changed: Any) -> Intervals:
    return Intervals(**(VALUES | changed))


class Training:
    """At each step three seconds pass and so many nats are measured over ten tokens."""

    def __init__(self, steps: Steps, clock: Clock, *, write: Callable[..., None]):
        self.steps, self.clock = steps, clock
        self.trainer = SimpleNamespace(global_step=0, should_stop=False, save_checkpoint=write)
        optimizer = SimpleNamespace(param_groups=[{"lr": 0.5}])
        self.module = SimpleNamespace(measured=[], optimizers=lambda: optimizer, model=torch.nn.Linear(2, 2))

    def go(self, first: int = 1, last: int = N_STEPS, nats: Callable[[int], float] = lambda step: 10.0 * step) -> None:
        self.steps.on_train_start(self.trainer, self.module)
        for step in range(first, last + 1):
            self.clock.now += 3.0
            self.trainer.global_step = step
            self.module.measured.append(tuple(map(torch.tensor, (nats(step), 10, 10, 0.25 * step))))
            self.steps.on_train_batch_end(self.trainer, self.module, None, None, 0)
            if self.trainer.should_stop:
                return
