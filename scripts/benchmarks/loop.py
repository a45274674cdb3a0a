"""Our training loop (Lightning, recording, batches from the store) against a bare PyTorch loop over the same model.

The two take turns inside one process: after every `--steps` steps of ours, a copy of the model takes as many bare ones on
the same batches. Once at the quickstart's size and once on a model whose bare step takes about 10 ms, where overhead shows.
"""

import argparse
import copy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightning
import numpy as np
import torch
import torch.nn.functional as F
from benchmarks.measure import Report, Row, median_ms, times_faster

from wordorder.data.batch import Batch
from wordorder.data.datamodule import DataModule, TrainingBatches
from wordorder.data.rows import StreamRows
from wordorder.data.token_store import Stream
from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer
from wordorder.position.frequencies.plain import Plain
from wordorder.position.rope import RoPE
from wordorder.record.run_record import RunRecord
from wordorder.training.engine import make_batches, make_module, make_trainer
from wordorder.training.fit import Fit, Part
from wordorder.training.interrupt import Interrupt
from wordorder.training.intervals import Intervals
from wordorder.training.optimizer import AdamW
from wordorder.training.progress import Silent
from wordorder.training.recording import Recording
from wordorder.training.schedule import Cosine

SIZES = {  # d_model, layers, heads, context, rows
    "quickstart": (128, 4, 4, 128, 8),
    "bare step of about 10 ms": (64, 2, 2, 64, 4),
}


class RandomStore:
    """The sizes of a training split of random ids that only lives in memory."""

    meta = {"splits": {"train": {"tokens": 100_000, "bytes": 300_000}}}


def random_rows(length: int) -> StreamRows:
    ids = np.random.RandomState(0).randint(0, 1024, 100_000).astype(np.uint16)
    return StreamRows(Stream(ids, np.array([[99_999, 300_000]])), length=length, data_seed=0, across=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=30, help="turns of each loop")
    parser.add_argument("--steps", type=int, default=10, help="steps in a turn")


def measure(arguments: argparse.Namespace) -> Report:
    """One row for each size."""
    torch.set_num_threads(1)
    settings = {"rounds": arguments.rounds, "steps": arguments.steps, "threads": 1}
    rows = [compare(name, *size, arguments.rounds, arguments.steps) for name, size in SIZES.items()]
    return Report("loop", settings, {"our loop against a bare one": rows})


def compare(name: str, d: int, layers: int, heads: int, length: int, rows: int, rounds: int, steps: int) -> Row:
    """Train for all rounds, the bare loop cutting in."""
    model = make_model(d, layers, heads, length)
    fit = Fit(
        budget=(rounds + 1) * steps,
        unit="steps",
        batch_size=rows,
        micro_batch_size=rows,
        gradient_clip=1.0,
        precision="fp32",
        threads=1,
        compile=False,
        distinct_batches=0,
    )
    optimizer = AdamW(lr=1e-3, betas=[0.9, 0.95], eps=1e-8, weight_decay=0.1)
    part = Part(model, RandomStore(), random_rows(length), optimizer, Cosine(warmup=0.05, final=0.1), weight_seed=0)
    batches = make_batches(fit, part)
    turns = Turns(make_bare_step(copy.deepcopy(model), batches, part), steps)
    with tempfile.TemporaryDirectory() as folder, Interrupt() as interrupt:
        recording = make_recording(Path(folder), batches.n_steps, interrupt)
        trainer = make_trainer(fit, batches.n_steps, device="cpu", callbacks=[recording, turns])
        trainer.fit(make_module(fit, part), DataModule(batches))
    ours, bare = turns.ours[1:], turns.bare[1:]  # the first turn warms up
    return {
        "size": name,
        "bare ms": median_ms(bare),
        "ours ms": median_ms(ours),
        "bare / ours": str(times_faster(ours, bare)),
    }


class Turns(lightning.Callback):
    """Lets the bare loop take a turn after every `steps` of ours, and times both; the last callback of a step."""

    def __init__(self, bare_step: Callable[[int], None], steps: int):
        self.bare_step, self.steps = bare_step, steps
        self.ours: list[float] = []
        self.bare: list[float] = []

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.began = time.perf_counter()

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: object) -> None:
        if trainer.global_step % self.steps:
            return
        now = time.perf_counter()
        self.ours.append((now - self.began) / self.steps)
        for step in range(trainer.global_step - self.steps, trainer.global_step):
            self.bare_step(step)
        self.began = time.perf_counter()
        self.bare.append((self.began - now) / self.steps)


def make_bare_step(model: Transformer, batches: TrainingBatches, part: Part) -> Callable[[int], None]:
    """What one would write without a framework: same batches, model, clipping, optimizer and learning rate."""
    optimizer = part.optimizer.build(model)

    def step(number: int) -> None:
        batch: Batch = batches[number]
        for group in optimizer.param_groups:
            group["lr"] = part.optimizer.lr * part.schedule.factor(number, batches.n_steps)
        loss = F.cross_entropy(model(batch.ids_BT).flatten(0, 1), batch.target_BT.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def make_model(d: int, layers: int, heads: int, length: int) -> Transformer:
    return Transformer(
        1025,
        RoPE(head_dim=d // heads, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain()),
        d_model=d,
        n_layers=layers,
        n_heads=heads,
        n_kv_heads=heads,
        head_dim=d // heads,
        d_ff=4 * d,
        context_length=length,
        norm="layer_norm",
        norm_eps=1e-5,
        activation="gelu",
        bias=False,
        tie_embeddings=True,
        dropout=0.0,
        init_std=0.02,
        kernel="auto",
        **PLAIN,
    ).initialise(0)


def make_recording(folder: Path, n_steps: int, interrupt: Interrupt) -> Recording:
    """Logging as in the quickstart; validation and checkpoints are work of their own."""
    intervals = Intervals(log_steps=10, validate_steps=0, validate_tokens=1, checkpoint_steps=0, checkpoint_seconds=0.0)
    return Recording(
        RunRecord(folder),
        intervals,
        own={},
        n_steps=n_steps,
        validate=dict,
        on_row=lambda row: None,
        interrupt=interrupt,
        progress=Silent(""),
    )
