"""A process that trains along counts, checks and pauses as the first one does, and leaves no trace."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pretended
import pytest
from pretended import N_STEPS, Clock, Training

from wordorder.record.run_record import RunRecord
from wordorder.training.recording import Recording
from wordorder.training.steps import Diverged, Steps


class Said:
    """A group of whose other process the votes are given, by step; keeps what this one votes."""

    def __init__(self, *others: tuple[bool, bool]):
        self.others, self.votes = dict(enumerate(others, 1)), []

    def any(self, *votes: bool) -> list[bool]:
        self.votes.append(votes)
        return [a or b for a, b in zip(votes, self.others.get(len(self.votes), (False, False)), strict=True)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return pretended.set_clock(monkeypatch)


def interrupt() -> SimpleNamespace:
    return SimpleNamespace(asked=False, listen=lambda: None)


def along(clock: Clock, *, group: Said | None = None, **changed: Any) -> Training:
    """A process that trains along; it must never write a checkpoint."""
    group = group or Said()
    steps = Steps(pretended.intervals(**changed), n_steps=N_STEPS, interrupt=interrupt(), group=group)
    return Training(steps, clock, write=pytest.fail)


def leading(folder: Path, clock: Clock, group: Said, **changed: Any) -> Training:
    record = RunRecord(folder)
    record.create({}, {})
    recording = Recording(
        record,
        pretended.intervals(**changed),
        own={},
        n_steps=N_STEPS,
        validate=lambda: {"val_loss": 1.0},
        on_row=lambda row: None,
        interrupt=interrupt(),
        progress=SimpleNamespace(show=lambda step, row: None),
        group=group,
    )
    return Training(recording, clock, write=lambda path: None)


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({}, []),
        ({"checkpoint_steps": 3}, [3, 6]),
        ({"checkpoint_seconds": 7.0}, [3, 6]),
        ({"validate_steps": 2, "checkpoint_seconds": 4.0}, [2, 4, 6]),
    ],
    ids=str,
)
def test_it_votes_at_every_step_as_the_first_one_does(changed, due, tmp_path, clock, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours, theirs = Said(), Said()
    one = along(clock, group=ours, **changed)
    one.go()
    assert not list(tmp_path.iterdir())
    leading(tmp_path / "run", clock, theirs, **changed).go()
    assert ours.votes == theirs.votes and len(ours.votes) == N_STEPS
    assert [step for step, (_, said) in enumerate(ours.votes, 1) if said] == due


def test_what_was_measured_is_counted_at_the_steps_that_are_logged(clock):
    one, drained = along(clock, log_steps=3), []
    drain = one.steps.drain
    one.steps.drain = lambda module: (drain(module), drained.append((one.trainer.global_step, one.steps.tokens)))
    one.go()
    assert drained == [(3, 30.0), (6, 60.0), (7, 70.0)]
    assert one.steps.step_drained == N_STEPS and one.steps.sums["nats"] == 280.0 and one.module.measured == []


@pytest.mark.parametrize("asked", ["here", "there"])
def test_it_stops_where_any_process_is_asked_to(asked, clock):
    group = Said((False, False), (False, False), (asked == "there", False))
    one = along(clock, group=group)
    look = one.steps.look

    def and_ask(module, step):
        look(module, step)
        one.steps.interrupt.asked = asked == "here" and step == 3

    one.steps.look = and_ask
    one.go()
    assert one.trainer.should_stop and one.trainer.global_step == 3 == one.steps.step_drained


def test_the_time_to_the_next_checkpoint_begins_at_the_one_that_another_asked_for(clock):
    group = Said(*[(False, False)] * 2, (False, True))  # due there at step 3, after 9 seconds
    one = along(clock, group=group, checkpoint_seconds=10.0)
    one.go()
    assert [step for step, (_, due) in enumerate(group.votes, 1) if due] == [7]  # and not at 4


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_the_first_step_that_is_not_finite_is_named(wrong, clock):
    with pytest.raises(Diverged, match=f"loss of step 5 is {wrong}"):
        along(clock).go(nats=lambda step: wrong if step >= 5 else 1.0)


def test_weights_that_are_not_finite_end_it_where_a_checkpoint_is_due_and_at_the_end(clock):
    for changed, step in (({"checkpoint_steps": 2}, 2), ({}, N_STEPS)):
        one = along(clock, **changed)
        one.module.model.bias.data[1] = float("inf")
        with pytest.raises(Diverged, match=f"weights after step {step} are not finite"):
            one.go()


def test_it_goes_on_from_what_the_first_one_left(tmp_path, clock):
    first = leading(tmp_path / "run", clock, Said())
    first.go(last=4)
    one = along(clock)
    assert one.steps.state_key == first.steps.state_key
    one.steps.load_state_dict(first.steps.state_dict())
    with pytest.raises(Diverged, match="loss of step 6 is nan"):
        one.go(first=5, nats=lambda step: float("nan") if step == 6 else 1.0)
    assert one.steps.tokens == 50.0
