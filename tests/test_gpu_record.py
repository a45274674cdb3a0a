"""Tests that need a card are refused without one, and what became of them on one is written down and told in the README."""

import json
import sys
from pathlib import Path

import pytest
import torch
from gpu_record import NO_CARD, GpuRecord

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

@pytest.mark.gpu
@pytest.mark.parametrize("n", [0, 1, 2])
def test_on_card(n):
    assert n != {bad}

def test_without():
    pass
"""
SKIPPED = """
@pytest.mark.gpu
@pytest.mark.skip
def test_by_mark():
    pass

@pytest.mark.gpu
def test_by_word():
    pytest.skip("no second card")
"""


PLUGIN = """
from pathlib import Path

from gpu_record import GpuRecord

def pytest_configure(config):
    record = GpuRecord(Path(__file__).parent)
    record.card = "a card"
    config.pluginmanager.register(record)
"""


@pytest.fixture
def go(pytester):
    """go(*words, card="a card", bad=1, more="") -> how pytest ended, and the record it wrote; more: tests besides."""
    pytester.makeini(
        "[pytest]\nmarkers = gpu\ntestpaths = tests\naddopts = --import-mode=importlib -p no:cacheprovider"
    )
    (pytester.path / "tests").mkdir()

    def run(*words: str, card: str = "a card", bad: int = 1, more: str = "") -> tuple[int, str, dict]:
        (pytester.path / "tests" / "test_it.py").write_text(TESTS.format(bad=bad) + more)
        file = pytester.path / "tests" / "gpu_last_run.json"
        file.unlink(missing_ok=True)
        plugin = GpuRecord(file.parent)
        plugin.card = card
        done = pytester.runpytest_inprocess(*words, plugins=[plugin])
        return done.ret, done.stderr.str(), json.loads(file.read_text()) if file.exists() else {}

    return run


def test_a_run_on_a_card_is_written_down(go):
    code, _, record = go("-m", "gpu")
    assert code == 1
    assert {key: record[key] for key in ("card", "whole", "passed", "failed", "skipped")} == {
        "card": "a card",
        "whole": True,
        "passed": 2,
        "failed": 1,
        "skipped": 0,
    }
    assert record["names_of_failed"] == ["tests/test_it.py::test_on_card[1]"]
    assert record["torch"] == torch.__version__ and record["commit"] and record["date"]


@pytest.mark.parametrize(
    "words",
    [("-m", "gpu", "-k", "2"), ("-m", "gpu", "-x"), ("-m", "gpu", "tests/test_it.py::test_on_card")],
    ids=["by name", "stopped", "by path"],
)
def test_a_part_of_a_run_says_so(go, words):
    assert go(*words)[2]["whole"] is False


def test_workers_make_one_record_a_dead_one_too(pytester):
    pytester.makeini(f"[pytest]\nmarkers = gpu\ntestpaths = tests\npythonpath = {ROOT / 'tests'}")
    folder = pytester.mkdir("tests")
    (folder / "conftest.py").write_text(PLUGIN)
    (folder / "test_it.py").write_text(TESTS.format(bad="(1 if n < 2 else __import__('os')._exit(1))"))
    pytester.runpytest_subprocess("-m", "gpu", "-n", "2")
    record = json.loads((folder / "gpu_last_run.json").read_text())
    assert (record["whole"], record["passed"], record["failed"]) == (True, 1, 2)
    assert record["names_of_failed"] == ["tests/test_it.py::test_on_card[1]", "tests/test_it.py::test_on_card[2]"]


def test_a_skipped_test_is_counted_and_leaves_a_subset(go):
    record = go("-m", "gpu", more=SKIPPED)[2]
    assert [record[key] for key in ("passed", "failed", "skipped", "whole")] == [2, 1, 2, False]
    assert go("-m", "gpu", "-k", "by", more=SKIPPED)[2] == {}  # none has run


def test_a_folder_that_holds_all_tests_is_the_whole(go):
    assert go("-m", "gpu", ".")[2]["whole"] is True


def test_without_a_card_they_are_refused_in_a_sentence_and_nothing_is_written(go):
    code, said, record = go("-m", "gpu", card="")
    assert code == pytest.ExitCode.USAGE_ERROR and NO_CARD in said and not record
    assert go("-m", "not gpu", card="")[0] == 0


def test_other_tests_on_a_card_write_nothing(go):
    assert go("-m", "not gpu")[2] == {}


def test_readme_tells_the_age(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import readme

    file = tmp_path / "gpu_last_run.json"
    monkeypatch.setattr(readme, "GPU_RUN", file)
    assert readme.gpu() == "GPU tests have not been run yet.\n"
    facts = dict(passed=7, failed=2, card="NVIDIA X", commit="0123456789ab", date="2026-01-31", whole=True, skipped=0)
    file.write_text(json.dumps(facts))
    assert (
        readme.gpu()
        == "GPU tests (`python -m pytest -m gpu`): 7 of 9 passed, on NVIDIA X at 0123456789ab, 2026-01-31.\n"
    )
    file.write_text(json.dumps(facts | {"whole": False, "skipped": 1}))
    assert ": a subset, 7 of 9 passed, 1 skipped for want of a second card, on NVIDIA X" in readme.gpu()
    sys.modules.pop("readme")
