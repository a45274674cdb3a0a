"""What Lightning is given by a budget."""

from types import SimpleNamespace

import pytest
from torch import nn

from wordorder.training.engine import make_batches, make_module, make_trainer
from wordorder.training.fit import Fit, Part
from wordorder.training.group import Group

VALUES = {
    "budget": 6,
    "unit": "steps",
    "batch_size": 4,
    "micro_batch_size": 2,
    "gradient_clip": 0.5,
    "threads": 1,
    "compile": False,
    "distinct_batches": 0,
}
STORE = SimpleNamespace(meta={"splits": {"train": {"bytes": 3000, "tokens": 1000}}})


class Numbers:
    """Rows of which a batch is its numbers."""

    tokens_a_row, length = 10.0, 10

    def batch(self, numbers):
        return numbers.tolist()


def part_of(model: nn.Module) -> Part:
    return Part(model, STORE, Numbers(), None, None, weight_seed=3)


def test_each_process_has_its_share_of_every_batch():
    fit, part = Fit(**VALUES, precision="fp32"), part_of(nn.Linear(1, 1))
    assert [make_batches(fit, part)[step] for step in (0, 5)] == [[0, 1, 2, 3], [20, 21, 22, 23]]
    shares = [make_batches(fit, part, group=SimpleNamespace(rank=rank, size=2)) for rank in range(2)]
    assert [share[1] for share in shares] == [[4, 5], [6, 7]] and {len(share) for share in shares} == {6}


def test_batches_that_are_distinct_come_round_again():
    again = make_batches(Fit(**(VALUES | {"distinct_batches": 2}), precision="fp32"), part_of(nn.Linear(1, 1)))
    assert [again[step] for step in (2, 3)] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_the_module_has_the_settings_of_the_fit():
    group = Group(local_rank=2)
    module = make_module(Fit(**VALUES, precision="fp32"), part_of(nn.Dropout(0.1)), group=group)
    found = (module.n_steps, module.micro_batch_size, module.gradient_clip, module.weight_seed, module.has_dropout)
    assert found == (6, 2, 0.5, 3, True) and module.group is group


@pytest.mark.parametrize(("precision", "theirs"), [("fp32", "32-true"), ("bf16", "bf16-mixed")])
def test_the_trainer_stops_at_the_budget_in_the_asked_precision(precision, theirs):
    trainer = make_trainer(Fit(**VALUES, precision=precision), 6, device="cpu", callbacks=[])
    assert (trainer.max_steps, trainer.precision, trainer.num_devices, trainer.loggers) == (6, theirs, 1, [])
