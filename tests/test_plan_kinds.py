"""Each kind of a plan becomes the axes that it says, and what cannot be read is refused by its full key."""

import re

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from wordorder.errors import InputError
from wordorder.plan_kinds import read_axes, read_exclude, word


def options(group: str) -> list[str]:
    return {"position": ["alibi", "none"]}.get(group, [])


def axes(plan) -> list[list[list[str]]]:
    """The words of each point of each axis."""
    return [[list(point.values()) for point in axis.points] for axis in read_axes(plan, options)]


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        (0.002, "0.002"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ([1, 2.5, "a"], "[1,2.5,a]"),
        ("rope", "rope"),
    ],
)
def test_values_of_a_yaml_are_typed_as_hydra_reads_them(value, typed):
    assert word(value) == typed
    assert OverridesParser.create().parse_override(f"key={word(value)}").value() == value


def test_a_grid_has_an_axis_for_each_key():
    assert axes({"grid": {"a": [1, 2], "b": [[3, 4]]}}) == [[["a=1"], ["a=2"]], [["b=[3,4]"]]]


def test_zipped_keys_move_together():
    assert axes({"zip": {"a": [1, 2], "b": [3, 4]}}) == [[["a=1", "b=3"], ["a=2", "b=4"]]]


def test_points_are_taken_as_they_are_written():
    assert axes({"points": [{"a": 1, "b": 2}, {"a": 3}]}) == [[["a=1", "b=2"], ["a=3"]]]


def test_one_at_a_time_departs_from_its_baseline_in_one_key():
    plan = {"one_at_a_time": {"baseline": {"a": 1, "b": 2, "c": 0}, "vary": {"a": [3, 4], "b": [5]}}}
    runs = [["a=1", "b=2", "c=0"], ["a=3", "b=2", "c=0"], ["a=4", "b=2", "c=0"], ["a=1", "b=5", "c=0"]]
    assert axes(plan) == [runs]


def test_axes_come_in_one_order_however_the_yaml_is_ordered():
    plan = {"points": [{"d": 4}], "zip": {"c": [3]}, "exclude": [{"a": 1}], "grid": {"b": [2], "a": [1]}}
    assert [axis.keys for axis in read_axes(plan, options)] == [["b"], ["a"], ["c"], ["d"]]


@pytest.mark.parametrize("key", ["position", "position@position.scheme", "+position@position.other"])
def test_all_is_every_choice_of_the_group_wherever_values_are_listed(key):
    every = [f"{key}=alibi", f"{key}=none"]
    assert axes({"grid": {key: "all"}}) == [[[text] for text in every]]
    assert axes({"zip": {key: "all", "seed": [0, 1]}}) == [[[every[0], "seed=0"], [every[1], "seed=1"]]]
    varied = {"baseline": {key: "rope"}, "vary": {key: "all"}}
    assert axes({"one_at_a_time": varied}) == [[[f"{key}=rope"], *([text] for text in every)]]
    assert read_exclude([{key: "all"}], options) == [{key.lstrip("+"): every}]


def test_an_exclusion_takes_one_value_or_any_of_a_list():
    entries = read_exclude([{"a": 1, "b": [2, 3], "c": [[4, 5]]}], options)
    assert entries == [{"a": ["a=1"], "b": ["b=2", "b=3"], "c": ["c=[4,5]"]}]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([], "plan=[] must be a mapping"),
        ({"gird": {}}, "plan.gird={} is not known: did you mean grid?"),
        ({"tume": 1}, "plan.tume=1 is not known: did you mean tune? there are grid, zip, points, one_at_a_time, final"),
        ({"final": {"seed": 3}}, "plan.final.seed=3 must be a list"),
        ({"final": {"seed": [0]}, "grid": {"seed": [1]}}, "plan.final.seed is in plan.grid too"),
        ({"grid": None}, "plan.grid=None must be a mapping"),
        ({"grid": {"seed": 3}}, "plan.grid.seed=3 must be a list"),
        ({"grid": {"seed": []}}, "plan.grid.seed=[] must be a list"),
        ({"grid": {"seed": "all"}}, "plan.grid.seed='all' has no choices"),
        ({"grid": {"a": [[[1]]]}}, "plan.grid.a=[[1]] is nested too deep"),
        ({"grid": {"a": [{"b": 1}]}}, "plan.grid.a={'b': 1} must be a value: an inner key is written a.INNER"),
        ({"zip": [1]}, "plan.zip=[1] must be a mapping"),
        ({"zip": {}}, "plan.zip={} is empty"),
        ({"zip": {"a": [1, 2], "b": 3}}, "plan.zip.b=3 must be a list"),
        ({"zip": {"a": [1, 2], "b": []}}, "plan.zip.b=[] must be a list"),
        ({"zip": {"a": [1, 2], "b": [3, 4, 5]}}, "plan.zip.b=[3, 4, 5] has 3 values, but plan.zip.a has 2"),
        ({"zip": {"a": [1], "position": "all"}}, "plan.zip.position='all' has 2 values, but plan.zip.a has 1"),
        ({"points": {"a": 1}}, "plan.points={'a': 1} must be a list of points"),
        ({"points": []}, "plan.points=[] must be a list of points"),
        ({"points": [{"a": 1}, "b"]}, "plan.points[1]='b' must be a mapping"),
        ({"points": [[{"a": 1}]]}, "plan.points[0]=[{'a': 1}] must be a mapping"),
        ({"points": [{}]}, "plan.points[0]={} is empty"),
        ({"points": [{"a": [[1, 2]]}]}, "plan.points[0].a=[[1, 2]] is nested too deep"),
        ({"one_at_a_time": {"baseline": {"a": 1}}}, "plan.one_at_a_time.vary is missing"),
        ({"one_at_a_time": {"vary": {"a": [1]}}}, "plan.one_at_a_time.baseline is missing"),
        (
            {"one_at_a_time": {"base": {"a": 1}}},
            "plan.one_at_a_time.base={'a': 1} is not known: did you mean baseline?",
        ),
        ({"one_at_a_time": {"baseline": {"a": 1}, "vary": {}}}, "plan.one_at_a_time.vary={} is empty"),
        (
            {"one_at_a_time": {"baseline": {"a": 1}, "vary": {"b": [2]}}},
            "plan.one_at_a_time.vary.b=[2] has no baseline: add b",
        ),
        ({"one_at_a_time": {"baseline": {"a": 1}, "vary": {"a": 2}}}, "plan.one_at_a_time.vary.a=2 must be a list"),
        ({"points": [{"a": 1}], "one_at_a_time": {}}, "plan.points cannot stand beside plan.one_at_a_time"),
        ({"grid": {"a": [1]}, "zip": {"a": [1]}}, "plan.zip.a is in plan.grid too"),
        ({"zip": {"a": [1]}, "points": [{"b": 1}, {"+a": 1}]}, "plan.points.a is in plan.zip too"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_by_its_full_key(plan, said):
    with pytest.raises(InputError, match="^" + re.escape(said)):
        read_axes(plan, options)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"a": 1}, "plan.exclude={'a': 1} must be a list of combinations"),
        ([], "plan.exclude=[] must be a list of combinations"),
        ([{"a": 1}, 2], "plan.exclude[1]=2 must be a mapping"),
        ([{}], "plan.exclude[0]={} is empty"),
        ([{"a": []}], "plan.exclude[0].a=[] must be a list"),
        ([{"a": "all"}], "plan.exclude[0].a='all' has no choices"),
        ([{"a": [[[1]]]}], "plan.exclude[0].a=[[1]] is nested too deep"),
    ],
)
def test_an_exclusion_that_cannot_be_read_is_refused_by_its_full_key(entries, said):
    with pytest.raises(InputError, match="^" + re.escape(said)):
        read_exclude(entries, options)
