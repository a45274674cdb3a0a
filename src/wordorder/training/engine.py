"""Training by a budget: what Lightning is given, and the one call of its Trainer."""

import logging
import warnings
from contextlib import suppress
from typing import Any

import lightning
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.utilities.exceptions import SIGTERMException

from wordorder.data.datamodule import DataModule, TrainingBatches
from wordorder.record.run_record import RunRecord
from wordorder.training.checkpoint_io import WholeFile
from wordorder.training.fit import Fit, Part
from wordorder.training.group import ALONE, Group
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.steps import Steps


def make_batches(fit: Fit, part: Part, *, group: Group = ALONE) -> TrainingBatches:
    """All batches of the run, or this process's share of them."""
    return TrainingBatches(
        part.rows,
        batch_size=fit.batch_size,
        n_steps=fit.count_steps(part),
        distinct=fit.distinct_batches,
        rank=group.rank,
        size=group.size,
    )


def make_module(fit: Fit, part: Part, *, group: Group = ALONE) -> LightningLM:
    """The Lightning module for these parts."""
    return LightningLM(
        part.model,
        part.optimizer,
        part.schedule,
        n_steps=fit.count_steps(part),
        micro_batch_size=fit.micro_batch_size,
        gradient_clip=fit.gradient_clip,
        weight_seed=part.weight_seed,
        compile=fit.compile,
        group=group,
    )


def make_trainer(
    fit: Fit, n_steps: int, *, device: str, card: int = 0, callbacks: list[lightning.Callback]
) -> lightning.Trainer:
    """Lightning without what we do ourselves: logging, checkpoints, bars, sanity checks, samplers, other processes."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return lightning.Trainer(
        accelerator="gpu" if device == "cuda" else "cpu",
        devices=[card] if device == "cuda" else 1,
        precision=fit.precision,
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
    fit: Fit, part: Part, *, record: RunRecord, steps: Steps, device: str, workers: int, group: Group = ALONE
) -> None:
    """Train from the record's checkpoint, or from the start, to the end of the budget or until asked to stop."""
    torch.set_num_threads(fit.threads)
    data = DataModule(make_batches(fit, part, group=group), workers=workers)
    trainer = make_trainer(fit, len(data.batches), device=device, card=group.local_rank, callbacks=[steps])
    there = group.tell(record.checkpoint.exists())
    resume: dict[str, Any] = {"ckpt_path": record.checkpoint} if there else {}
    # Lightning leaves a SIGTERM as a SystemExit, with code 0; our own answer to it is a checkpoint and `Interrupted`.
    with warnings.catch_warnings(), suppress(SIGTERMException):
        warnings.filterwarnings("ignore", module="lightning")
        trainer.fit(make_module(fit, part, group=group), data, weights_only=True if resume else None, **resume)
