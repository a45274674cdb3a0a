"""The budget: how many steps its unit pays for, and what cannot be a budget."""

import math
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from wordorder.training.fit import Fit, Part
from wordorder.training.flops import count_flops

STORE = SimpleNamespace(meta={"splits": {"train": {"bytes": 3000, "tokens": 1000, "documents": 9}}})
VALUES = {
    "budget": 1000,
    "unit": "tokens",
    "batch_size": 4,
    "micro_batch_size": 2,
    "gradient_clip": 1.0,
    "precision": "fp32",
    "threads": 1,
    "compile": False,
    "distinct_batches": 0,
}


def count(**changed) -> int:
    part = SimpleNamespace(store=STORE, rows=SimpleNamespace(tokens_a_row=10.0, length=10), model=None)
    return Fit(**(VALUES | changed)).count_steps(part)


@pytest.mark.parametrize(
    ("budget", "unit", "steps"),
    [
        (1000, "tokens", 25),  # 4 rows of 10 tokens a step
        (1019, "tokens", 25),
        (1021, "tokens", 26),
        (1, "tokens", 1),
        (12_000, "bytes", 100),  # 3 bytes a token: 120 a step
        (119, "bytes", 1),
        (17, "steps", 17),
    ],
)
def test_a_budget_pays_for_whole_steps_of_its_unit(budget, unit, steps):
    assert count(budget=budget, unit=unit) == steps


def test_the_cut_of_a_batch_does_not_change_the_number_of_steps():
    assert {count(micro_batch_size=rows) for rows in (1, 2, 4)} == {25}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"budget": 0}, "budget=0 must be at least 1"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"threads": 0}, "threads=0"),
        ({"micro_batch_size": 3}, "micro_batch_size=3 must divide batch_size=4"),
        ({"micro_batch_size": 8}, "micro_batch_size=8 must divide"),
        ({"micro_batch_size": 0}, "micro_batch_size=0 must divide"),
        ({"gradient_clip": 0.0}, "gradient_clip=0.0"),
        ({"gradient_clip": math.nan}, "gradient_clip=nan"),
    ],
)
def test_what_cannot_be_trained_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Fit(**(VALUES | wrong))


@pytest.mark.parametrize(
    ("n", "batch_size", "at_once", "dropout", "said"),
    [
        (1, 4, 4, True, ""),
        (2, 4, 2, True, ""),
        (2, 4, 1, True, ""),
        (2, 4, 4, False, ""),  # taken in two halves, which nothing but dropout would notice
        (4, 4, 4, False, ""),
        (2, 4, 4, True, "micro_batch_size=4 must divide the 2 rows .* because the model has dropout: .*size=2"),
        (3, 4, 1, False, "batch_size=4 cannot be shared by 3 processes: devices=2"),
        (7, 12, 1, False, "batch_size=12 cannot be shared by 7 processes: devices=6"),
        (8, 4, 1, False, "batch_size=4 cannot be shared by 8 processes: devices=4"),
        (2, 12, 4, False, "micro_batch_size=4 must divide the 6 rows .*: trainer.micro_batch_size=2"),
    ],
)
def test_processes_have_the_same_number_of_rows_each(n, batch_size, at_once, dropout, said):
    fit = Fit(**(VALUES | {"batch_size": batch_size, "micro_batch_size": at_once}))
    with pytest.raises(ValueError, match=said) if said else nullcontext():
        fit.refuse_uneven(n, dropout=dropout)


def test_an_infinite_clip_never_clips():
    assert Fit(**(VALUES | {"gradient_clip": math.inf})).gradient_clip == math.inf


def test_operations_pay_for_steps_too(make_model):
    model = make_model("none")
    part = Part(model, STORE, SimpleNamespace(tokens_a_row=7.0, length=10), None, None, weight_seed=0)
    a_row = count_flops(model, 10)
    fit = Fit(**(VALUES | {"unit": "flops", "budget": float(a_row * 4 * 3)}))
    assert fit.count_steps(part) == 3  # 4 rows a step
