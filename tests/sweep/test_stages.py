"""What is tried lies apart from what counts, and values go on at an edge by the ratio of the outer two."""

import pytest

from wordorder.sweep.stages import Arm, Level, Stages

ROPE, NONE = (
    Arm("position=rope", ("a=1", "position=rope")),
    Arm("position=none", ("a=1", "position=none", "name=typed")),
)


def levels_of(*values) -> tuple[Level, ...]:
    return tuple(Level(f"lr={value}", value) for value in values)


def stages_of(*values, extend=2) -> Stages:
    seeds, final = ((Level(f"seed={n}", n),) for n in (100, 0))
    return Stages("x", "lr", levels_of(*values), seeds, extend, (ROPE, NONE), final)


def widen(stages: Stages, *, low: bool, high: bool) -> list[list[float]]:
    """The values after each round in which the ends asked for are asked for again, until nothing is added."""
    rounds = [stages.levels]
    while (wider := stages.wider(rounds[-1], low=low, high=high)) != rounds[-1]:
        rounds.append(wider)
    return [[level.value for level in levels] for levels in rounds]


def test_every_arm_is_tried_with_every_value_in_a_folder_of_the_tuning():
    stages = stages_of(0.5, 1.0)
    trials = stages.trials(stages.levels)
    assert [(trial.arm, trial.level.value) for trial in trials] == [(ROPE, 0.5), (ROPE, 1.0), (NONE, 0.5), (NONE, 1.0)]
    apart = ("tuning=true", 'compare.baseline=""')
    assert trials[0].words == ("a=1", "position=rope", "lr=0.5", "seed=100", "name=x_tune", *apart)
    assert trials[2].words == ("a=1", "position=none", "name=x_tune", "lr=0.5", "seed=100", *apart)


def test_final_runs_have_the_value_chosen_for_their_arm():
    low, high = levels_of(0.5, 1.0)
    assert stages_of(0.5, 1.0).finals({ROPE: high, NONE: low}) == {
        ("a=1", "position=rope", "lr=1.0", "seed=0"): ROPE,
        ("a=1", "position=none", "name=typed", "lr=0.5", "seed=0"): NONE,
    }


def test_values_go_on_at_the_ends_asked_for_as_often_as_the_plan_allows():
    stages = stages_of(0.0005, 0.001, 0.004)
    start = [0.0005, 0.001, 0.004]
    assert widen(stages, low=True, high=False) == [start, [0.00025, *start], [0.000125, 0.00025, *start]]
    assert widen(stages, low=False, high=True) == [start, [*start, 0.016], [*start, 0.016, 0.064]]
    assert widen(stages, low=True, high=True)[1] == [0.00025, *start, 0.016]
    assert widen(stages, low=False, high=False) == [start]
    assert widen(stages_of(0.5, 1.0, extend=0), low=True, high=True) == [[0.5, 1.0]]


def test_a_value_that_was_added_is_written_as_a_person_would():
    (*_, last) = stages_of(0.1, 0.3).wider(levels_of(0.1, 0.3), low=False, high=True)
    assert (last.word, last.value) == ("lr=0.9", 0.9) and 0.3 * 0.3 / 0.1 != 0.9


@pytest.mark.parametrize("values", [(1, 2, 4), ("a", "b"), (True, False), ([1.0], [2.0]), (-2.0, -1.0)])
def test_values_without_a_ratio_do_not_go_on(values):
    assert widen(stages_of(*values), low=True, high=True) == [list(values)]


def test_nothing_lies_beyond_zero():
    assert widen(stages_of(0.0, 0.1, 0.2), low=True, high=True) == [
        [0.0, 0.1, 0.2],
        [0.0, 0.1, 0.2, 0.4],
        [0.0, 0.1, 0.2, 0.4, 0.8],
    ]
