"""What is printed of a tuning: every mean with the choice marked, and what makes the choice doubtful."""

import pytest
import tuned
from rich.console import Console

from wordorder.sweep.telling_tuning import tell_tuning
from wordorder.sweep.tuning import settle


@pytest.fixture
def told(tmp_path, monkeypatch):
    """told(stages, bits_of) -> the words of each line."""
    tuned.plan_by_words(monkeypatch, tmp_path)

    def tell(stages, bits_of) -> list[str]:
        console = Console(width=140, record=True, file=(tmp_path / "printed").open("w"))
        tell_tuning(console, settle(tuned.expansion_of(stages, tmp_path), tuned.answering(bits_of)))
        return [" ".join(line.split()) for line in console.export_text().splitlines()]

    return tell


def test_the_table_has_every_mean_and_marks_the_choice(told):
    bits = {"rope": {1.0: 2.5, 2.0: 2.25, 4.0: None}, "none": {1.0: 3.0, 2.0: 2.0, 4.0: 2.125}}
    assert told(tuned.stages_of(1.0, 2.0, 4.0), lambda position, lr, seed: bits[position][lr]) == [
        "tuning: bits per byte of the validation split by lr, seed 100; * is chosen",
        "lr 1.0 2.0 4.0",
        "position=rope 2.500 2.250* diverged",
        "position=none 3.000 2.000* 2.125",
    ]


def test_an_optimum_at_the_edge_and_what_was_added_for_it_are_said(told):
    lines = told(tuned.stages_of(1.0, 2.0, extend=1), lambda position, lr, seed: 9 - lr)
    assert lines[-2] == "added to the values of all arms, because of an optimum at the edge of the grid: 4.0"
    said = "lr=4.0, the largest that was tried, is best for position=rope, position=none; a better one may lie beyond"
    assert lines[-1].startswith(f"OPTIMUM AT THE EDGE OF THE GRID: {said}")


def test_an_arm_that_no_value_trains_is_named(told):
    lines = told(tuned.stages_of(1.0, 2.0, extend=0), lambda position, lr, seed: None if position == "rope" else lr)
    assert "position=rope diverged diverged" in lines
    assert "diverged with every value, so nothing is chosen: position=rope; list others in plan.tune.lr" in lines


def test_before_every_run_has_an_answer_it_is_said_how_many_wait(tmp_path, monkeypatch):
    tuned.plan_by_words(monkeypatch, tmp_path)
    console = Console(width=140, record=True, file=(tmp_path / "printed").open("w"))
    tell_tuning(console, settle(tuned.expansion_of(tuned.stages_of(1.0, 2.0, 4.0), tmp_path)))
    assert console.export_text() == "4 final runs follow when tuning is done; 6 tuning runs have no answer yet\n"
