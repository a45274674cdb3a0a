"""A figure that is empty is explained where a finished run was asked, once for each reason, and not mentioned elsewhere."""

from collections.abc import Callable
from pathlib import Path

from wordorder.compare.comparison import compare
from wordorder.compare.unanswered import say_unanswered
from wordorder.compare.word_order import WordOrderCurves

from .test_word_order import LONG, add_preferences


def say(lab: Path) -> str:
    return say_unanswered(WordOrderCurves(), compare(lab, baseline="", figures=[]))


def test_reasons_are_those_of_finished_runs_each_once(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("alibi")
    add_preferences(add_run("rope", facts={"status": "failed"}), {1: None})
    assert say(lab) == ""
    add_preferences(add_run("none"), {1: None, 2: None})
    assert say(lab) == f"“True order against two words swapped” is not drawn: {LONG}."
    file = add_preferences(add_run("learned"), {1: None}) / "scores.jsonl"
    file.write_text(file.read_text().replace(LONG, ""))
    assert say(lab) == f"“True order against two words swapped” is not drawn: not recorded; {LONG}."
