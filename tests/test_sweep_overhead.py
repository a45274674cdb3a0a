"""benchmark.py sweep: the parts of a sweep's time, worked by hand and summed."""

import json
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
try:
    from benchmarks.sweep import Span, Typed, lanes_of, parts, read_span, steps_for, whole
finally:
    sys.path.pop(0)


def test_the_parts_of_a_sweep_worked_by_hand():
    spans = [Span(10, 30, 1, 1.0), Span(11, 29, 1, 1.0), Span(30, 52, 1, 1.0), Span(32, 50, 1, 1.0)]
    typed = Typed(enter=0.0, built=7.0, prompt=55.0, spans=spans)
    assert [[span.began for span in lane] for lane in lanes_of(spans, 2)] == [[10, 32], [11, 30]]
    rows = {row["where"].split(" (")[0]: row["s"] for row in parts(typed, 2)}
    assert list(rows.values()) == [7, 3, 0.5, 1.5, 1, 3]  # gaps 2 and 1; one lane later by 1, the other earlier by 2
    assert whole(typed, 2) == {
        "runs": 4,
        "at a time": 2,
        "median run s": 19,
        "needed s": 39,
        "took s": 55,
        "took / needed": 55 / 39,
    }


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_what_is_needed_and_the_parts_make_the_whole(jobs):
    draw, free, spans = random.Random(jobs), [5.0] * jobs, []
    for _ in range(10):
        lane = free.index(min(free))
        began = free[lane] + draw.random()
        spans.append(Span(began, began + draw.uniform(1, 3), 1, 1.0))
        free[lane] = spans[-1].ended
    typed = Typed(1.0, 4.0, max(free) + 2, spans)
    row = whole(typed, jobs)
    assert row["needed s"] + sum(part["s"] for part in parts(typed, jobs)) == pytest.approx(row["took s"])


def test_a_run_is_read_from_its_first_step_to_its_last_score(tmp_path):
    times = {"first_step_at": "2026-01-02T03:04:05.250+00:00", "scored_at": "2026-01-02T03:05:06.500+00:00"}
    (tmp_path / "run.json").write_text(json.dumps(times | {"steps": 10, "seconds": 40.0}))
    span = read_span(tmp_path / "run.json")
    assert span.seconds == 61.25 and (span.steps, span.training) == (10, 40.0)


def test_steps_fill_the_seconds_that_evaluation_leaves():
    trial = [Span(0, 10, 60, 6.0), Span(0, 12, 60, 6.0)]  # 0.1 s a step, 5 s besides
    assert steps_for(20.0, trial) == 150 and steps_for(1.0, trial) == 10
