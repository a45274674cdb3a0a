"""Two processes train what one does: the same rows at every step, the same loss, the same weights, whoever goes on with it.

float32 sums in another order: the largest difference of a weight was measured at 1.2e-7, that of a wrong divisor at 1.4e-2.
"""

import json
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import processes
import pytest
import runs
import torch
from safetensors.numpy import load_file

from wordorder.record.run_record import RunRecord
from wordorder.training.group import Group
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.steps import Steps

WORDS = {"evaluation": "[]", "record.log_steps": 1, "model.dropout": 0.0, "trainer.micro_batch_size": 1}
DOCUMENTS = WORDS | {"source.train": "my.jsonl", "data.layout": "document"}  # rows of few and of many scored tokens
SCHEMES = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "position").glob("*.yaml"))
CLOSE = 2e-6  # of a weight, whose step is 2e-3
Plant = Callable[[], Any]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A text, documents of 1 to 15 bytes, and all that is trained on them."""
    folder, draw = tmp_path_factory.mktemp("ddp"), random.Random(0)
    runs.write_text(folder / "my.txt")
    texts = ["".join(draw.choices("abcdefgh", k=draw.randint(1, 15))) for _ in range(400)]
    (folder / "my.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return folder


@pytest.fixture(scope="module")
def trained(place, compose_config) -> Callable[..., Path]:
    """trained(2, words, name="two") -> the folder of a run that so many processes trained, after `plant()` in each."""

    def train(n: int, words: dict[str, Any], *, name: str, plant: Plant = lambda: None, code: int = 0) -> Path:
        words = words | {"devices": n, "name": name, "output_dir": place / "outputs"}
        words["source.train"] = place / words.get("source.train", "my.txt")

        def act() -> int:
            plant()
            forked = processes.fork_others()
            status = runs.run(compose_config, words).status
            assert len(forked) == n - 1
            return {"done": 0, "failed": 3}[status]

        assert runs.in_child(act) == code
        (folder,) = (path.parent for path in (place / "outputs" / name).glob("*/run.json"))
        return folder

    return train


@pytest.fixture(scope="module")
def alone(trained) -> Callable[[dict[str, Any]], Path]:
    """alone(words) -> the folder of the run that one process trained, made once."""
    made: dict[str, Path] = {}

    def find(words: dict[str, Any]) -> Path:
        key = repr(sorted(words.items()))
        if key not in made:
            made[key] = trained(1, words, name=f"one{len(made)}")
        return made[key]

    return find


@pytest.fixture
def name(request) -> str:
    """A folder of this test's own."""
    return "".join(c if c.isalnum() else "_" for c in request.node.name)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "checkpoints" / "weights.safetensors")


def furthest(ours: Path, theirs: Path) -> float:
    """The largest difference of a weight."""
    a, b = weights(ours), weights(theirs)
    assert set(a) == set(b)
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


def assert_same_run(ours: Path, theirs: Path) -> None:
    """The same run but for the last bits."""
    assert ours.name == theirs.name and furthest(ours, theirs) < CLOSE
    for a, b in zip(runs.rows_of(ours / "train.jsonl"), runs.rows_of(theirs / "train.jsonl"), strict=True):
        assert a == pytest.approx(b, rel=2e-6) and (a["step"], a["tokens"]) == (b["step"], b["tokens"])
    ours, theirs = runs.facts_of(ours), runs.facts_of(theirs)
    assert (ours["status"], ours["tokens"], ours["bytes"]) == (theirs["status"], theirs["tokens"], theirs["bytes"])


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        WORDS | {"model.dropout": 0.3, "trainer.micro_batch_size": 2, "trainer.gradient_clip": 0.1},
        DOCUMENTS,
        DOCUMENTS | {"trainer.micro_batch_size": 4, "trainer.distinct_batches": 5},
    ],
    ids=["pieces", "dropout and clipped", "documents", "documents again"],
)
def test_two_processes_train_what_one_does(words, trained, alone, name):
    assert_same_run(trained(2, words, name=name), alone(words))


@pytest.mark.parametrize("position", ["randomized", "drope"])
def test_schemes_that_draw_or_drop_do_too(position, trained, alone, name):
    words = WORDS | {"position": position, "trainer.budget": 6}
    assert_same_run(trained(2, words, name=name), alone(words))


@pytest.mark.slow
@pytest.mark.parametrize("position", SCHEMES)
def test_every_scheme_does_too(position, trained, alone, name):
    # AdamW's first steps divide a gradient by its own size; where that is all but zero, its rounding would be a whole step.
    own = {"trainer.budget": 4, "model.head_dim": 8, "optimizer.eps": 1e-4}
    words = WORDS | own | {"position": position}
    assert_same_run(trained(2, words, name=name), alone(words))


@pytest.mark.slow
def test_four_processes_do_too(trained, alone, name):
    assert_same_run(trained(4, DOCUMENTS, name=name), alone(DOCUMENTS))


def test_every_step_sees_the_same_rows_in_the_same_order(trained, tmp_path, name):
    """The rows of the processes, put together, are bit for bit the batch of one process."""

    def plant() -> None:
        step_of = LightningLM.training_step

        def training_step(self, batch, batch_idx):
            group = self.group
            torch.save(list(batch), tmp_path / f"{self.trainer.global_step}.{group.rank}.{group.size}")
            step_of(self, batch, batch_idx)

        LightningLM.training_step = training_step

    for n in (1, 2):
        trained(n, DOCUMENTS, name=f"{name}{n}", plant=plant)
    for step in range(runs.STEPS):
        one = torch.load(tmp_path / f"{step}.0.1")
        two = [torch.load(tmp_path / f"{step}.{rank}.2") for rank in range(2)]
        assert [len(part[0]) for part in two] == [2, 2]
        for whole, *shares in zip(one, *two, strict=True):
            assert whole is None and shares == [None, None] or torch.equal(whole, torch.cat(shares))


def divide_by_own_tokens() -> None:
    """Each process divides by its own scored tokens, and gradients are averaged: what is usual, and another loss."""
    total = Group.sum
    Group.sum = lambda self, tensor: tensor * self.size if tensor.dim() == 0 else total(self, tensor)


def keep_own_gradients() -> None:
    Group.sum_gradients = lambda self, weights: None


def draw_alike() -> None:
    """Every process drops what the first one drops."""
    accumulate = LightningLM.accumulate

    def as_the_first(self, batch, step):
        rank, self.group.rank = self.group.rank, 0
        try:
            return accumulate(self, batch, step)
        finally:
            self.group.rank = rank

    LightningLM.accumulate = as_the_first


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (divide_by_own_tokens, DOCUMENTS),
        (keep_own_gradients, WORDS),
        (draw_alike, WORDS | {"model.dropout": 0.3, "trainer.micro_batch_size": 2, "trainer.gradient_clip": 0.1}),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_a_wrong_sum_would_be_noticed(plant, words, trained, alone, name):
    assert furthest(trained(2, words, name=name, plant=plant), alone(words)) > 200 * CLOSE


def die_at_row(step: int) -> Plant:
    def plant() -> None:
        add = RunRecord.add_row

        def add_row(self, row):
            add(self, row)
            if row["step"] == step:
                os.kill(os.getpid(), signal.SIGKILL)

        RunRecord.add_row = add_row

    return plant


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_another_number_of_processes_goes_on_from_a_checkpoint(before, after, trained, alone, name):
    cut = trained(before, DOCUMENTS, name=name, plant=die_at_row(8), code=-signal.SIGKILL)
    assert torch.load(cut / "checkpoints" / "last.ckpt")["global_step"] == 5
    assert_same_run(trained(after, DOCUMENTS, name=name), alone(DOCUMENTS))


@pytest.mark.parametrize("told", [0, 1])
def test_all_stop_at_the_step_at_which_one_is_told_to(told, trained, alone, name):
    """Whichever it is; the checkpoint of that step is there, and the run ends as if nothing had happened."""

    def plant() -> None:
        end_of = Steps.on_train_batch_end

        def on_train_batch_end(self, trainer, *rest):
            if self.group.rank == told and trainer.global_step == 7:
                os.kill(os.getpid(), signal.SIGTERM)
            end_of(self, trainer, *rest)

        Steps.on_train_batch_end = on_train_batch_end

    cut = trained(2, DOCUMENTS, name=name, plant=plant, code=99)  # an exception: Interrupted
    assert torch.load(cut / "checkpoints" / "last.ckpt")["global_step"] == 7
    assert_same_run(trained(2, DOCUMENTS, name=name), alone(DOCUMENTS))


def test_a_divergence_is_found_by_all_and_told_once(trained, name, capfd):
    words = WORDS | {"optimizer.lr": 1e30, "schedule.warmup": 0.0}
    reasons = {runs.facts_of(trained(n, words, name=f"{name}{n}", code=3))["reason"] for n in (1, 2)}
    assert len(reasons) == 1 and "lower optimizer.lr" in reasons.pop()
    assert "Traceback" not in capfd.readouterr().err
