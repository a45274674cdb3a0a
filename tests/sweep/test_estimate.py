"""Time left by runs that are done: those of the same arm, else all; none without any."""

import pytest
from plans import DONE, EVALUATIONS, RUNNING, planned, write_run

from wordorder.sweep.estimate import NONE, Estimate, duration
from wordorder.sweep.state import look


@pytest.fixture
def estimate(tmp_path):
    """Arm a took 100 and 200 seconds, arm b 600; c has none that is done; one of a is at step 25 of 50 after 50 seconds."""
    made = {"a0": ("a", DONE, 0), "a1": ("a", DONE | {"seconds": 200.0}, 0), "b0": ("b", DONE | {"seconds": 600.0}, 0)}
    made |= {"a2": ("a", RUNNING, 25), "a3": ("a", None, 0), "b1": ("b", None, 0), "c0": ("c", None, 0)}
    runs = {name: planned(tmp_path / name, arm=arm) for name, (arm, _, _) in made.items()}
    for name, (_, facts, step) in made.items():
        if facts:
            write_run(tmp_path / name, facts, step=step, holder="alive" if step else "")
    states = {name: look(tmp_path / name, EVALUATIONS) for name in runs}
    whole = Estimate(list(runs.values()), list(states.values()))
    return lambda name: whole.left(runs[name], states[name])


def test_a_run_takes_as_long_as_those_of_its_arm_or_else_as_all(estimate):
    assert estimate("a3") == 150.0 and estimate("b1") == 600.0 and estimate("c0") == 300.0


def test_a_run_under_way_goes_on_at_its_own_pace_and_one_that_is_done_needs_nothing(estimate):
    assert estimate("a2") == 50.0 and estimate("a0") == 0.0


def test_without_a_run_that_is_done_there_is_no_estimate(tmp_path):
    run = planned(tmp_path / "run")
    none = Estimate([run], [look(tmp_path / "run", {})])
    assert none.whole(run) is None and none.together([None], 2) == NONE == none.together([3.0], 2)


def test_runs_side_by_side_end_no_sooner_than_the_longest(tmp_path):
    state = look(write_run(tmp_path / "run", DONE), EVALUATIONS)
    some = Estimate([planned(tmp_path / "run")], [state])
    assert some.together([40.0, 20.0, 20.0], 2) == "about 40 s of training, 2 at a time"
    assert some.together([40.0, 40.0, 20.0], 2) == "about 50 s of training, 2 at a time"
    assert some.together([], 2) == "nothing is left to train"


def test_where_it_is_not_known_how_many_go_at_a_time_the_whole_time_is_told(tmp_path):
    state = look(write_run(tmp_path / "run", DONE), EVALUATIONS)
    some = Estimate([planned(tmp_path / "run")], [state])
    assert some.together([40.0, 20.0, 20.0], None) == "about 80 s of training in all"
    assert some.together([40.0, None], None) == NONE and some.together([], None) == "nothing is left to train"


def test_a_duration_is_told_in_seconds_minutes_or_hours():
    assert [duration(seconds) for seconds in (0, 89, 90, 3600, 5400)] == ["0 s", "89 s", "2 min", "60 min", "1.5 h"]
