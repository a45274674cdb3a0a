"""Arms that missed the gate are named together, and nobody else is."""

from collections.abc import Callable
from pathlib import Path

from wordorder.compare.comparison import compare
from wordorder.compare.tasks import NOT_LEARNED
from wordorder.compare.unlearned import note_unlearned

from .test_tasks import add_answers


def note(lab: Path) -> list[str]:
    return note_unlearned(compare(lab, baseline="", figures=[]))


def test_arms_that_missed_the_gate_are_named_once(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("none"), {2: 1.0, 6: 0.5})
    add_run("sinusoidal")
    assert note(lab) == []
    add_answers(add_run("alibi", facts={"status": "failed"}), {2: 0.1, 6: 0.5})
    assert note(lab) == []
    add_answers(add_run("rope"), {2: 0.5, 6: 0.5})
    add_answers(add_run("learned"), {2: 0.2, 6: 0.5})
    assert note(lab) == [f"learned; rope: {NOT_LEARNED}."]


def test_where_none_has_learned_it_is_said_of_all(add_run: Callable[..., Path], lab: Path) -> None:
    add_answers(add_run("rope"), {2: 0.5, 6: 0.5})
    assert note(lab) == [f"rope: {NOT_LEARNED}."]
    add_answers(add_run("learned"), {2: 0.2, 6: 0.5})
    assert note(lab) == [f"All arms: {NOT_LEARNED}."]
