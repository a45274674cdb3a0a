"""An experiment's plan and the typed words become the override words of each run."""

import pytest

from wordorder.errors import InputError
from wordorder.plan import expand, word

PLAN = {"grid": {"position": ["none", "rope"], "seed": [0, 1]}}


def options(group: str) -> list[str]:
    return {"position": ["alibi", "none"]}[group]


def grid(plan=PLAN, fixed=None, swept=None) -> list[list[str]]:
    return expand(plan, fixed or {}, swept or {}, options)


def test_a_grid_is_all_combinations_the_last_axis_fastest():
    assert grid() == [[f"position={p}", f"seed={s}"] for p in ("none", "rope") for s in (0, 1)]


def test_no_plan_and_no_swept_word_is_one_run():
    assert grid({}, {"seed": "seed=3"}) == [["seed=3"]]


def test_all_stands_for_every_choice_there_is():
    assert grid({"grid": {"position": "all"}}) == [["position=alibi"], ["position=none"]]


def test_a_typed_word_replaces_the_axis_of_its_name():
    assert grid(fixed={"position": "position=alibi"}) == [["position=alibi", "seed=0"], ["position=alibi", "seed=1"]]


def test_a_swept_word_replaces_the_axis_of_its_name_and_another_adds_one():
    swept = {"seed": ["seed=7"], "optimizer.lr": ["optimizer.lr=1", "optimizer.lr=2"]}
    runs = grid(swept=swept, fixed={"name": "name=x"})
    assert runs == [
        ["name=x", f"position={p}", "seed=7", f"optimizer.lr={lr}"] for p in ("none", "rope") for lr in (1, 2)
    ]


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
    from hydra.core.override_parser.overrides_parser import OverridesParser

    assert word(value) == typed
    assert OverridesParser.create().parse_override(f"key={word(value)}").value() == value


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"zip": {}}, "plan.zip is not known"),
        ({"grid": {"seed": 3}}, r"plan.grid.seed=3 must be a list"),
        ({"grid": {"seed": []}}, r"plan.grid.seed=\[\] must be a list"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(plan, said):
    with pytest.raises(InputError, match=said):
        grid(plan)
