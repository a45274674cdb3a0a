"""The budget and the machine's part of training, and the one call of Lightning's Trainer."""

import logging
import math
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import lightning
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.utilities.exceptions import SIGTERMException

from wordorder.data.datamodule import DataModule, TrainingBatches
from wordorder.data.rows import Rows
from wordorder.data.token_store import TokenStore
from wordorder.model.transformer import Transformer
from wordorder.record.run_record import RunRecord
from wordorder.training.checkpoint_io import WholeFile
from wordorder.training.flops import count_flops
from wordorder.training.group import ALONE, Group
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.optimizer import AdamW
from wordorder.training.recording import Recording
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

    def batches(self, part: Part, group: Group = ALONE) -> TrainingBatches:
        """All batches of the run, or this process's share of them."""
        return TrainingBatches(
            part.rows,
            batch_size=self.batch_size,
            n_steps=self.count_steps(part),
            distinct=self.distinct_batches,
            rank=group.rank,
            size=group.size,
        )

    def module(self, part: Part, group: Group = ALONE) -> LightningLM:
        """The Lightning module for these parts."""
        return LightningLM(
            part.model,
            part.optimizer,
            part.schedule,
            n_steps=self.count_steps(part),
            micro_batch_size=self.micro_batch_size,
            gradient_clip=self.gradient_clip,
            weight_seed=part.weight_seed,
            compile=self.compile,
            group=group,
        )

    def trainer(
        self, n_steps: int, *, device: str, card: int = 0, callbacks: list[lightning.Callback]
    ) -> lightning.Trainer:
        """Lightning without what we do ourselves: logging, checkpoints, bars, sanity checks, samplers, other processes."""
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        return lightning.Trainer(
            accelerator="gpu" if device == "cuda" else "cpu",
            devices=[card] if device == "cuda" else 1,
            precision=self.precision,
            max_steps=n_steps,
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
            use_distributed_sampler=False,
            plugins=[WholeFile(), LightningEnvironment()],  # under Slurm too, where Lightning would requeue besides us
            callbacks=callbacks,
        )

    def run(
        self,
        part: Part,
        record: RunRecord,
        recording: Recording,
        *,
        device: str,
        workers: int,
        group: Group = ALONE,
    ) -> None:
        """Train from the record's checkpoint, or from the start, to the end of the budget or until asked to stop."""
        torch.set_num_threads(self.threads)
        data = DataModule(self.batches(part, group), workers=workers)
        trainer = self.trainer(len(data.batches), device=device, card=group.local_rank, callbacks=[recording])
        there = group.tell(record.checkpoint.exists())
        resume: dict[str, Any] = {"ckpt_path": record.checkpoint} if there else {}
        # Lightning leaves a SIGTERM as a SystemExit, with code 0; our own answer to it is a checkpoint and `Interrupted`.
        with warnings.catch_warnings(), suppress(SIGTERMException):
            warnings.filterwarnings("ignore", module="lightning")
            trainer.fit(self.module(part, group), data, weights_only=True if resume else None, **resume)
