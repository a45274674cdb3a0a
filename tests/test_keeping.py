"""Which runs are kept, made again and called stale."""

import pytest
from plans import CODE, DONE, EVALUATIONS, FAILED, RUNNING

from wordorder import keeping

TODAY, LATER = tuple(CODE), ("rooms", "other shelves")


@pytest.mark.parametrize(
    ("facts", "rerun", "code", "again"),
    [
        ({}, "all", TODAY, False),
        (RUNNING, "all", TODAY, False),
        (DONE, "no", LATER, False),
        (DONE, "all", TODAY, True),
        (DONE, "failed", TODAY, False),
        (DONE, "stale", TODAY, False),
        (DONE, "stale", LATER, True),
        (FAILED, "no", TODAY, False),
        (FAILED, "failed", TODAY, True),
        (FAILED, "stale", LATER, False),
        (FAILED, "all", TODAY, True),
    ],
)
def test_rerun_names_the_runs_that_are_made_again(facts, rerun, code, again):
    assert keeping.made_again(facts, rerun=rerun, code=code) is again


def reason(facts, *, rerun="no", evaluations=EVALUATIONS, code=TODAY) -> str:
    return keeping.reason_to_keep(facts, rerun=rerun, evaluations=evaluations, code=code)


def test_a_run_is_kept_where_it_is_done_and_has_answered_all_that_is_asked():
    assert reason(DONE) == "already done"
    assert reason(DONE, evaluations={}) == "already done"
    assert "rerun=stale" in reason(DONE, code=LATER)
    assert reason(DONE, evaluations=EVALUATIONS | {"length_sweep": "e2"}) == ""
    assert reason(DONE, evaluations={"bits_per_byte": "other"}) == ""
    assert reason(DONE, rerun="all") == reason(RUNNING) == reason({}) == ""


def test_a_failed_run_stays_until_it_is_asked_for():
    assert "failed earlier: ValueError: first" in reason(FAILED) and "rerun=failed" in reason(FAILED)
    assert reason(FAILED, rerun="failed") == ""
