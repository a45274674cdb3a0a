"""A comparison is said again only where all that it follows from is as it was, and it lies there whole."""

import json
import os

import pytest

from wordorder.compared import made_from, recall, remember

ASKED = {"compare": {"baseline": "none"}, "question": "why?"}


@pytest.fixture
def folder(tmp_path):
    """An experiment of one run whose comparison is remembered."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps({"status": "done"}))
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "report.html").touch()
    remember(tmp_path, made_from(tmp_path, ASKED), "what was said\n")
    return tmp_path


def test_what_was_said_is_recalled(folder):
    assert recall(folder, made_from(folder, ASKED)) == "what was said\n"


def grow(folder):
    (folder / "run" / "scores.jsonl").write_text("{}\n")


def touch(folder):
    os.utime(folder / "run" / "run.json", ns=(1, 1))


def begin(folder):
    (folder / "other").mkdir()
    (folder / "other" / "config.yaml").write_text("{}")


def tune(folder):
    (folder / "tuning.json").write_text("{}")


@pytest.mark.parametrize("change", [grow, touch, begin, tune])
def test_it_is_not_where_a_run_has_changed_or_come(change, folder):
    change(folder)
    assert recall(folder, made_from(folder, ASKED)) is None


def test_it_is_not_where_something_else_is_asked(folder):
    assert recall(folder, made_from(folder, ASKED | {"question": "how?"})) is None


@pytest.mark.parametrize("name", ["report.html", "summary.txt", ".made_from"])
def test_it_is_not_where_a_part_is_gone(name, folder):
    (folder / "compare" / name).unlink()
    assert recall(folder, made_from(folder, ASKED)) is None
