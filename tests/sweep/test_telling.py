"""What is printed names every run that wants attention, and nothing of those that do not."""

from dataclasses import replace

import pytest
from plans import DONE, EVALUATIONS, FAILED, NOBODY, RUNNING, planned, write_run
from rich.console import Console

from wordorder.sweep.state import look
from wordorder.sweep.telling import LISTED, tell_plan, tell_run, tell_status


@pytest.fixture
def tell(tmp_path):
    """tell(function, argument...) -> what it prints."""

    def told(function, *arguments, **named) -> str:
        console = Console(width=140, record=True, file=(tmp_path / "printed").open("w"))
        function(console, *arguments, **named)
        return console.export_text()

    return told


@pytest.fixture
def looked(tmp_path):
    """A run of each kind."""
    write_run(tmp_path / "x" / "done", DONE)
    write_run(tmp_path / "x" / "alive", RUNNING, step=25, holder="alive")
    write_run(tmp_path / "x" / "far", RUNNING, step=10, holder="elsewhere")
    write_run(tmp_path / "x" / "killed", RUNNING, step=5, holder="dead")
    write_run(tmp_path / "x" / "failed", FAILED)
    runs = [planned(tmp_path / "x" / name) for name in ("done", "alive", "far", "killed", "failed", "missing")]
    return [(run, look(tmp_path / "x" / run.name, EVALUATIONS)) for run in runs]


def counts(text: str) -> dict[str, str]:
    rows = (line.split() for line in text.splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1].isdigit()}


def test_the_status_counts_every_run_and_names_those_that_want_attention(tell, looked):
    text = tell(tell_status, looked, n_jobs=2, command="python train.py x")
    wanted = {
        "planned": "6",
        "done": "1",
        "unscored": "0",
        "running": "2",
        "interrupted": "1",
        "failed": "1",
        "missing": "1",
    }
    assert counts(text) == wanted
    lines = {line.split(":")[0]: line for line in text.splitlines() if ": " in line}
    assert "step 25/50, 1,234 tokens/s, 50 s left" in lines["alive"] and lines["alive"].rstrip().endswith(", alive")
    assert lines["far"].rstrip().endswith(" on another, alive")
    assert f"interrupted, step 5/50; its process {NOBODY} on " in lines["killed"] and "is gone" in lines["killed"]
    assert lines["failed"].rstrip() == "failed: failed: ValueError: first"
    assert "goes on with what was interrupted: python train.py x" in text
    assert "missing" not in lines and "done" not in lines
    # 1 + 25/50 + 10/50 + 5/50 runs; left 50, 80 and 90 seconds by their own pace, 100 by the run that is done
    assert "1.8 of 6 runs trained (30 %); about 3 min of training, 2 at a time" in text


def test_without_a_run_that_is_done_the_status_gives_no_time(tell, looked):
    assert "no run is done yet: no estimate" in tell(tell_status, looked[1:], n_jobs=2, command="")


def test_the_plan_says_what_would_be_done_and_for_how_long(tell, looked):
    text = tell(tell_plan, looked, n_jobs=1)
    assert "6 runs under" in text
    for row in ("train from the start", "go on where it was stopped", "keep: already done", "leave: failed earlier"):
        (line,) = (line for line in text.splitlines() if line.startswith(row))
        assert line.split()[-1] == "1"
    assert f"  start: {looked[-1][0].folder}" in text and f"  go on: {looked[3][0].folder}" in text
    assert looked[0][0].folder not in text
    assert "about 3 min of training, 1 at a time" in text  # 90 seconds and 100


def test_a_plan_that_is_done_says_so_and_by_what_code(tell, looked):
    run, state = looked[0]
    changed = replace(run, code=["other", "shelves"])
    text = tell(tell_plan, [(changed, state)], n_jobs=1)
    assert "nothing is left to train" in text and "1 of those already done were made by code that has changed" in text


def test_a_long_plan_names_some_and_counts_the_rest(tell, tmp_path):
    runs = [planned(tmp_path / f"{n}") for n in range(LISTED + 7)]
    text = tell(tell_plan, [(run, look(tmp_path / run.name, {})) for run in runs], n_jobs=1)
    assert text.count("  start: ") == LISTED and "and 7 more" in text


def test_a_run_that_failed_shows_reason_traceback_and_latest_rows(tell, tmp_path):
    folder = write_run(tmp_path / "run", FAILED | {"choices": {"position": "rope"}, "seeds": {"weight": 3}}, step=9)
    (folder / "traceback.txt").write_text("Traceback\n  a line\nValueError: first\nsecond\n")
    text = tell(tell_run, folder, look(folder, {}))
    for said in ("status: failed", "choices: position=rope", "seeds: weight 3", "step 9/50", "  a line", "'step': 9"):
        assert said in text
    assert "'step': 1," not in text


def test_the_traceback_of_an_earlier_failure_is_not_shown(tell, tmp_path):
    folder = write_run(tmp_path / "run", FAILED)
    (folder / "traceback.txt").write_text("Traceback\nKeyError: earlier\n")
    assert "earlier" not in tell(tell_run, folder, look(folder, {}))


def test_of_a_process_that_cannot_be_asked_the_last_row_s_age_is_told(tell, looked, monkeypatch):
    run, state = looked[2]
    unknown = replace(state, holder=replace(state.holder, silent=None))
    text = tell(tell_status, [(run, unknown)], n_jobs=1, command="")
    assert "on another, which cannot be asked from here; its last row is" in text


def test_a_run_that_failed_or_died_shows_the_end_of_its_log(tell, tmp_path):
    failed, died = write_run(tmp_path / "failed", FAILED), write_run(tmp_path / "died", RUNNING, step=5, holder="dead")
    (failed / "traceback.txt").write_text("Traceback (most recent call last):\n  inner\nValueError: first\nsecond\n")
    printed = "".join(f"line {n}\n" for n in range(30))
    (failed / "log.txt").write_text(
        f"{printed}Traceback (most recent call last):\n  outer\n  inner\nValueError: first\n"
    )
    (died / "log.txt").write_text(f"{printed}Fatal Python error: Segmentation fault\n")
    text = tell(tell_run, failed, look(failed, {}))
    assert f"last lines of {failed / 'log.txt'}:\nline 20\n" in squeezed(text) and "line 19" not in text
    assert text.count("inner") == 1 and "outer" not in text  # the traceback is told once
    text = tell(tell_run, died, look(died, {}))
    assert "line 21\n" in squeezed(text) and "Segmentation fault" in text and "line 20" not in text


def squeezed(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_a_run_whose_process_is_gone_says_how_to_go_on(tell, tmp_path):
    folder = write_run(tmp_path / "run", RUNNING | {"command": "python train.py"}, step=5, holder="dead")
    text = tell(tell_run, folder, look(folder, {}))
    assert "gone: the same command goes on with it" in text and "command: python train.py" in text
