"""How far a run is follows from its folder, and what would be done from that and from rerun=."""

import pytest
from plans import CODE, DONE, EVALUATIONS, FAILED, RUNNING, planned, write_run

from wordorder.sweep.state import changed_since, look, will

SCORED = EVALUATIONS | {"length_sweep": "e2"}
CASES = {  # facts, holder, evaluations asked -> state, what would be done
    "missing": (None, "", EVALUATIONS, "missing", "start"),
    "begins": (None, "alive", EVALUATIONS, "running", "wait"),
    "began and died": (None, "dead", EVALUATIONS, "missing", "start"),
    "runs": (RUNNING, "alive", EVALUATIONS, "running", "wait"),
    "runs elsewhere": (RUNNING, "elsewhere", EVALUATIONS, "running", "wait"),
    "ran elsewhere": (RUNNING, "silent", EVALUATIONS, "interrupted", "go on"),
    "killed": (RUNNING, "dead", EVALUATIONS, "interrupted", "go on"),
    "stopped": (RUNNING, "", EVALUATIONS, "interrupted", "go on"),
    "done": (DONE, "", EVALUATIONS, "done", "keep"),
    "done, nothing asked": (DONE, "", {}, "done", "keep"),
    "done, being evaluated": (DONE, "alive", EVALUATIONS, "done", "keep"),
    "done, being scored": (DONE, "alive", SCORED, "running", "wait"),
    "done, more asked": (DONE, "", SCORED, "unscored", "score"),
    "failed": (FAILED, "", EVALUATIONS, "failed", "leave failed"),
    "failed, tried again": (FAILED, "alive", EVALUATIONS, "running", "wait"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_folder_tells_the_state_and_what_would_be_done(case, tmp_path):
    facts, holder, evaluations, name, done = CASES[case]
    folder = tmp_path / "run"
    if facts or holder:
        write_run(folder, facts, holder=holder)
    state = look(folder, evaluations)
    assert (state.name, will(planned(folder, evaluations=evaluations), state)) == (name, done)


@pytest.mark.parametrize(
    ("facts", "rerun", "code", "done"),
    [
        (FAILED, "failed", CODE, "make again"),
        (FAILED, "all", CODE, "make again"),
        (FAILED, "stale", CODE, "leave failed"),
        (DONE, "all", CODE, "make again"),
        (DONE, "failed", CODE, "keep"),
        (DONE, "stale", CODE, "keep"),
        (DONE, "stale", ["rooms", "other"], "make again"),
        (RUNNING, "all", CODE, "go on"),
    ],
)
def test_rerun_is_respected(facts, rerun, code, done, tmp_path):
    folder = write_run(tmp_path / "run", facts)
    assert will(planned(folder, rerun=rerun, code=code), look(folder, EVALUATIONS)) == done


def test_code_that_has_changed_is_seen_on_runs_that_are_done(tmp_path):
    folder = write_run(tmp_path / "run", DONE)
    state = look(folder, EVALUATIONS)
    assert not changed_since(planned(folder), state)
    assert changed_since(planned(folder, code=["other", "shelves"]), state)


def test_the_share_of_training_that_is_done(tmp_path):
    def share(name, facts, **about):
        return look(write_run(tmp_path / name, facts, **about), EVALUATIONS).share

    assert share("done", DONE) == 1.0
    assert share("half", RUNNING, step=25, holder="alive") == 0.5
    assert share("stopped", RUNNING, step=10) == 0.2
    assert share("failed", FAILED, step=25) == share("begins", None, holder="alive") == 0.0


def test_the_latest_row_is_one_of_training(tmp_path):
    state = look(write_run(tmp_path / "run", RUNNING, step=3, holder="alive"), EVALUATIONS)
    assert state.row["step"] == state.step == 3 and state.row["seconds"] == 6.0
