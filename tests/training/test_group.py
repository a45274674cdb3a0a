"""What processes say to each other, against what it must add up to."""

import os

import processes
import pytest
import torch
import torch.distributed as dist
from torch import nn

from wordorder.errors import InputError
from wordorder.training.group import Group, contact, joined


def make_weights(gradients: list[list[float] | None]) -> list[nn.Parameter]:
    weights = [nn.Parameter(torch.zeros(2)) for _ in gradients]
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = None if gradient is None else torch.tensor(gradient)
    return weights


def test_gradients_are_summed_and_what_nobody_used_keeps_none():
    own = [
        [[1.0, 2.0], None, [5.0, 0.0], None],
        [[10.0, 20.0], None, None, [3.0, 4.0]],
        [[100.0, 200.0], None, [7.0, 0.5], None],
    ]

    def act(group: Group) -> list[list[float] | None]:
        weights = make_weights(own[group.rank])
        group.sum_gradients(iter(weights))
        return [None if weight.grad is None else weight.grad.tolist() for weight in weights]

    assert processes.together(act, size=3) == [[[111.0, 222.0], None, [12.0, 0.5], [3.0, 4.0]]] * 3


def test_sums_votes_words_and_weights_are_the_same_for_all():
    def act(group: Group) -> tuple:
        weight = nn.Parameter(torch.full((2,), float(group.rank + 5)))
        group.spread([weight])
        return (
            group.leads,
            group.sum(torch.tensor([2**53 + 1, group.rank])).tolist(),
            group.any(group.rank == 1, False, True),
            group.tell({"rank": group.rank}),
            weight.tolist(),
        )

    said = ([2**54 + 2, 1], [True, False, True], {"rank": 0}, [5.0, 5.0])
    assert processes.together(act) == [(True, *said), (False, *said)]


def test_who_waits_learns_whether_there_is_anything_to_train():
    def act(group: Group) -> list[bool]:
        heard = []
        for begins in (True, False):
            group.begun = False
            if not group.leads:
                heard.append(group.tell(None))
                continue
            if begins:
                group.begin()
            group.dismiss()  # says nothing to those that have begun
        return heard

    assert processes.together(act) == [[], [True, False]]


def test_one_that_is_gone_is_an_input_error_for_the_others():
    def act(group: Group) -> None:
        if group.rank == 1:
            os._exit(0)
        group.any(True)

    (said,) = processes.together(act, silent=1)
    assert isinstance(said, InputError) and "goes on from the last checkpoint" in str(said)


def test_no_weights_are_given_before_all_have_come(monkeypatch):
    """Cards, which would wait for one that is gone, are not asked before the processors have found that all are there."""
    group, said = Group(), []
    group.size = 2
    monkeypatch.setattr(group, "any", lambda *votes: said.append("any"))
    monkeypatch.setattr(dist, "broadcast", lambda tensor, source: said.append(tensor.tolist()))
    group.spread([torch.zeros(1), torch.ones(1)])
    assert said == ["any", [0.0], [1.0]]


@pytest.mark.parametrize(("error", "said"), [("", "RuntimeError"), (" \n", "RuntimeError"), ("closed\nat 3", "closed")])
def test_what_went_wrong_between_processes_is_said_in_a_line(error, said):
    with pytest.raises(InputError, match=rf"is gone \({said}\): see"), contact():
        raise RuntimeError(error)


def test_alone_nothing_is_asked_and_nothing_changes():
    weights = make_weights([[1.0, 2.0], None])
    with joined(None, device="cpu") as group:
        group.sum_gradients(weights)
        group.spread(weights)
        group.begin()
        group.dismiss()
        assert group.leads and group.any(True, False) == [True, False] and group.tell("word") == "word"
        assert group.sum(torch.tensor(3)) == 3
    assert weights[0].grad.tolist() == [1.0, 2.0] and weights[1].grad is None
