"""Which runs are kept, made again and called stale."""

import re
from datetime import datetime, timedelta

import pytest
from plans import CODE, DONE, EVALUATIONS, FAILED, RUNNING

from wordorder import keeping
from wordorder.errors import InputError

TODAY, LATER = tuple(CODE), ("rooms", "other shelves")
BEFORE, MOMENT, AFTER = (f"2026-01-31T12:00:00.{n:03}+00:00" for n in (9, 10, 100))


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
        (DONE | {"scored_at": BEFORE}, MOMENT, TODAY, True),
        (DONE | {"scored_at": AFTER}, MOMENT, TODAY, False),
        (DONE, MOMENT, TODAY, True),
        (FAILED | {"failed_at": BEFORE}, MOMENT, TODAY, True),
        (FAILED | {"failed_at": AFTER}, MOMENT, TODAY, False),
        (RUNNING | {"scored_at": BEFORE}, MOMENT, TODAY, False),
    ],
)
def test_rerun_names_the_runs_that_are_made_again(facts, rerun, code, again):
    assert keeping.made_again(facts, rerun=rerun, code=code) is again


def test_all_is_what_had_ended_when_the_command_was_typed():
    assert keeping.since("all") == keeping.BEGAN and keeping.since("stale") == "stale"
    assert datetime.fromisoformat(keeping.BEGAN).utcoffset() == timedelta(0)
    for rerun in ("no", "stale", "failed", "all", MOMENT, keeping.BEGAN):
        keeping.check_rerun(rerun)


@pytest.mark.parametrize(
    "rerun", ["al", "", "2026-01-31", "2026-01-31T12:00:00.010", "2026-01-31T13:00:00.010+01:00", "2026-13-31T12:00"]
)
def test_what_is_no_word_and_no_moment_that_can_be_compared_is_refused(rerun):
    with pytest.raises(
        InputError, match=f"^rerun={re.escape(repr(rerun))} must be one of no, stale, failed, all, or a moment"
    ):
        keeping.check_rerun(rerun)


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
