"""The budget and the machine's part of training."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from wordorder.data.rows import Rows
from wordorder.data.token_store import TokenStore
from wordorder.model.transformer import Transformer
from wordorder.training.flops import count_flops
from wordorder.training.optimizer import AdamW
from wordorder.training.schedule import Schedule


@dataclass(frozen=True)
class Part:
    """What a run trains with; everything but the budget."""

    model: Transformer
    store: TokenStore
    rows: Rows
    optimizer: AdamW
    schedule: Schedule
    weight_seed: int

    @cached_property
    def flops_a_row(self) -> int:
        """Counted once: it takes a forward and a backward."""
        return count_flops(self.model, self.rows.length)


class Fit:
    """How much is trained, in which pieces and which arithmetic. All of it is part of the run's identity."""

    def __init__(
        self,
        *,
        budget: float,
        unit: Literal["tokens", "bytes", "steps", "flops"],
        batch_size: int,
        micro_batch_size: int,
        gradient_clip: float,
        precision: Literal["fp32", "bf16"],
        threads: int,
        compile: bool,
        distinct_batches: int,
    ):
        for name, value in (("budget", budget), ("batch_size", batch_size), ("threads", threads)):
            if value < 1:
                raise ValueError(f"{name}={value} must be at least 1")
        if not 1 <= micro_batch_size <= batch_size or batch_size % micro_batch_size:
            raise ValueError(f"micro_batch_size={micro_batch_size} must divide batch_size={batch_size}")
        if distinct_batches < 0:
            raise ValueError(
                f"distinct_batches={distinct_batches} must not be negative; 0 never repeats a batch by order"
            )
        if not gradient_clip > 0:
            raise ValueError(f"gradient_clip={gradient_clip} must be positive; .inf never clips")
        self.distinct_batches = distinct_batches
        self.budget, self.unit, self.threads, self.compile = budget, unit, threads, compile
        self.batch_size, self.micro_batch_size, self.gradient_clip = batch_size, micro_batch_size, gradient_clip
        self.precision = {"fp32": "32-true", "bf16": "bf16-mixed"}[precision]

    def count_steps(self, part: Part) -> int:
        """Optimizer steps that the budget pays for, at least one; padding is neither a token nor a byte, but costs FLOPs."""
        counts = part.store.meta["splits"]["train"]
        tokens = self.batch_size * part.rows.tokens_a_row
        per_step = {
            "steps": lambda: 1.0,
            "tokens": lambda: tokens,
            "bytes": lambda: tokens * counts["bytes"] / counts["tokens"],
            "flops": lambda: float(self.batch_size * part.flops_a_row),
        }
        return max(1, round(self.budget / per_step[self.unit]()))

    def refuse_uneven(self, n_processes: int, *, dropout: bool) -> None:
        """ValueError where so many processes cannot have the same number of rows each, taken as one process would take them.

        Dropout is drawn for rows that are taken at once, so that these may not be cut further.
        """
        rows, at_once = self.batch_size // n_processes, self.micro_batch_size
        if self.batch_size % n_processes:
            even = max(n for n in range(1, n_processes) if self.batch_size % n == 0)
            raise ValueError(
                f"batch_size={self.batch_size} cannot be shared by {n_processes} processes: devices={even}"
            )
        if at_once < rows and rows % at_once or at_once > rows and dropout:
            why = ", because the model has dropout" if at_once > rows else ""
            raise ValueError(
                f"micro_batch_size={at_once} must divide the {rows} rows that each of {n_processes} processes has of a "
                f"batch{why}: trainer.micro_batch_size={math.gcd(at_once, rows)}"
            )
