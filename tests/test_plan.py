"""An experiment's plan and the typed words become the override words of each run."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser

from wordorder import command, commands
from wordorder.check import conf_dir
from wordorder.errors import InputError
from wordorder.plan import expand

PLAN = {"grid": {"position": ["none", "rope"], "seed": [0, 1]}}
TIED = {
    "zip": {"zip": {"a": [1, 2], "b": [3, 4]}},
    "points": {"points": [{"a": 1, "b": 3}, {"a": 2, "b": 4}]},
    "one_at_a_time": {"one_at_a_time": {"baseline": {"a": 1, "b": 3}, "vary": {"a": [2], "b": [4]}}},
}


def options(group: str) -> list[str]:
    return {"position": ["alibi", "none"]}.get(group, [])


def read(text: str) -> Any:
    return OverridesParser.create().parse_override(text).value()


def runs_of(plan=PLAN, fixed=None, swept=None) -> list[list[str]]:
    return expand(plan, fixed or {}, swept or {}, options, read)


def test_a_grid_is_all_combinations_the_last_axis_fastest():
    assert runs_of() == [[f"position={p}", f"seed={s}"] for p in ("none", "rope") for s in (0, 1)]


def test_no_plan_and_no_swept_word_is_one_run():
    assert runs_of({}, {"seed": "seed=3"}) == [["seed=3"]]


def test_all_stands_for_every_choice_there_is():
    assert runs_of({"grid": {"position": "all"}}) == [["position=alibi"], ["position=none"]]


def test_a_typed_word_replaces_the_axis_of_its_name():
    assert runs_of(fixed={"position": "position=alibi"}) == [
        ["position=alibi", "seed=0"],
        ["position=alibi", "seed=1"],
    ]


def test_a_swept_word_replaces_the_axis_of_its_name_and_another_adds_one():
    swept = {"seed": ["seed=7"], "optimizer.lr": ["optimizer.lr=1", "optimizer.lr=2"]}
    runs = runs_of(swept=swept, fixed={"name": "name=x"})
    assert runs == [
        ["name=x", f"position={p}", "seed=7", f"optimizer.lr={lr}"] for p in ("none", "rope") for lr in (1, 2)
    ]


def test_a_typed_word_replaces_its_key_with_or_without_a_plus():
    assert runs_of(fixed={"++seed": "++seed=5"}) == [["position=none", "++seed=5"], ["position=rope", "++seed=5"]]
    swept = {"++seed": ["++seed=5", "++seed=6"]}
    assert runs_of({"grid": {"seed": [0]}}, swept=swept) == [["++seed=5"], ["++seed=6"]]


def test_kinds_multiply_and_what_is_typed_besides_is_fastest():
    plan = {"points": [{"e": 5}, {"f": 6}], "zip": {"c": [1, 2], "d": [3, 4]}, "grid": {"a": [7, 8]}}
    assert runs_of(plan, swept={"g": ["g=0", "g=1"]}) == [
        [f"a={a}", f"c={c}", f"d={c + 2}", last, f"g={g}"] for a in (7, 8) for c in (1, 2) for last in ("e=5", "f=6")
        for g in (0, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", TIED)
def test_a_typed_value_is_set_in_every_point_and_equal_points_are_one_run(kind):
    assert runs_of(TIED[kind], {"b": "b=9"}) == [["a=1", "b=9"], ["a=2", "b=9"]]


def test_a_typed_value_is_set_in_points_that_leave_it_to_the_config_too():
    assert runs_of({"points": [{"a": 1, "b": 2}, {"a": 3}]}, {"b": "b=9"}) == [["a=1", "b=9"], ["a=3", "b=9"]]


@pytest.mark.parametrize("kind", TIED)
def test_a_typed_sweep_of_a_key_that_is_tied_to_others_is_refused(kind):
    with pytest.raises(InputError, match=rf"^b=7,8 is a sweep, but plan\.{kind} holds b.*'~plan\.{kind}'"):
        runs_of(TIED[kind], swept={"b": ["b=7", "b=8"]})


def test_a_varied_value_that_is_the_baselines_gives_no_second_run():
    plan = {
        "one_at_a_time": {"baseline": {"lr": 0.1, "position": "rope"}, "vary": {"lr": ["1e-1", 1], "position": "all"}}
    }
    runs = [["lr=0.1", "position=rope"], ["lr=1", "position=rope"]]
    assert runs_of(plan) == runs + [["lr=0.1", "position=alibi"], ["lr=0.1", "position=none"]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0.1, "1e-1", True),
        ("'rope'", "rope", True),
        (1, 1.0, True),
        ([1, 2], "[1, 2.0]", True),
        (1, True, False),
        ([1, 2], [2, 1], False),
        (None, "none", False),
        ("'1'", 1, False),
    ],
)
def test_values_are_compared_by_what_they_mean(one, other, same):
    assert len(runs_of({"points": [{"a": one}, {"a": other}]})) == (1 if same else 2)
    both = {"grid": {"b": [0, 1]}, "points": [{"a": one}], "exclude": [{"a": [other], "b": 0}]}
    if same:
        assert len(runs_of(both)) == 1
    else:
        with pytest.raises(InputError, match="excludes nothing"):
            runs_of(both)


def test_words_in_another_order_are_the_same_run():
    assert runs_of({"points": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]}) == [["a=1", "b=2"]]


def test_an_exclusion_needs_all_its_pairs():
    left = runs_of(PLAN | {"exclude": [{"position": "rope", "seed": [1, 2]}]})
    assert left == [["position=none", "seed=0"], ["position=none", "seed=1"], ["position=rope", "seed=0"]]


def test_an_exclusion_sees_what_was_typed():
    plan = PLAN | {"exclude": [{"position": "rope", "seed": 1}]}
    assert runs_of(plan, {"seed": "seed=1.0"}) == [["position=none", "seed=1.0"]]
    beside = {"exclude": [{"+model.width": 8, "seed": 1}]}
    typed = {"+model.width": "+model.width=8"}
    assert runs_of(PLAN | beside, typed) == [["+model.width=8", f"position={p}", "seed=0"] for p in ("none", "rope")]


def test_an_exclusion_that_typed_words_left_nothing_to_do_is_no_error():
    plan = PLAN | {"exclude": [{"position": "rope", "seed": 1}]}
    assert runs_of(plan, {"position": "position=alibi"}) == [["position=alibi", "seed=0"], ["position=alibi", "seed=1"]]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"position": "rope", "sede": 1},
            "plan.exclude[1].sede=1 excludes nothing: no run has this key; did you mean seed?",
        ),
        (
            {"position": "rop"},
            "plan.exclude[1].position=rop excludes nothing: no run has this value; did you mean rope?",
        ),
        ({"seed": [7, 8]}, "plan.exclude[1].seed=[7, 8] excludes nothing: no run has this value; there are 0, 1"),
        ({"a": 1, "b": 3}, "plan.exclude[1]={a: 1, b: 3} excludes nothing: each is in the plan, but no run"),
    ],
)
def test_an_exclusion_that_excludes_nothing_is_named(entry, said):
    plan = PLAN | {"points": [{"a": 1, "b": 2}, {"b": 3}], "exclude": [{"position": "rope", "seed": 0}, entry]}
    with pytest.raises(InputError, match="^" + re.escape(said)):
        runs_of(plan)


def test_a_list_that_is_one_value_is_excluded_as_a_list_in_a_list():
    plan = {"grid": {"evaluation": [["a", "b"], ["a"]]}}
    assert runs_of(plan | {"exclude": [{"evaluation": [["a", "b"]]}]}) == [["evaluation=[a]"]]
    with pytest.raises(InputError, match=r"one list is written \[\[\.\.\.\]\]$"):
        runs_of(plan | {"exclude": [{"evaluation": ["a", "b"]}]})


def test_a_plan_that_excludes_all_it_has_is_refused():
    with pytest.raises(InputError, match="^plan.exclude leaves out every run, 4 of 4"):
        runs_of(PLAN | {"exclude": [{"seed": [0, 1]}]})


def draw_plan(draw: random.Random) -> dict[str, Any]:
    """Any of the kinds, over keys that no other has, few values, often the same."""

    def values(n: int) -> list[int]:
        return [draw.randrange(3) for _ in range(n)]

    n, tied = draw.randint(1, 3), draw.choice(["points", "one_at_a_time"])
    plan = {
        "grid": {key: values(draw.randint(1, 3)) for key in "ab"},
        "zip": {key: values(n) for key in "cd"},
        "points": [
            {key: draw.randrange(3) for key in draw.choice(["e", "f", "ef"])} for _ in range(draw.randint(1, 3))
        ],
        "one_at_a_time": {
            "baseline": dict(zip("ef", values(2), strict=True)),
            "vary": {"f": values(2), "e": values(1)},
        },
    }
    return {kind: plan[kind] for kind in draw.sample(["grid", "zip", tied], draw.randint(1, 3))}


def count_through(plan: dict[str, Any], typed: dict[str, int]) -> list[dict[str, int]]:
    """All runs by counting: the n-th run's point of each axis is a digit of n, the last axis's the lowest."""
    axes = [[{key: value} for value in column] for key, column in plan.get("grid", {}).items()]
    if together := plan.get("zip"):
        axes.append([{key: together[key][at] for key in together} for at in range(len(together["c"]))])
    axes += [plan["points"]] if "points" in plan else []
    if single := plan.get("one_at_a_time"):
        changes = [{}] + [{key: value} for key in single["vary"] for value in single["vary"][key]]
        axes.append([{**single["baseline"], **change} for change in changes])
    total = 1
    for axis in axes:
        total *= len(axis)
    runs = []
    for n in range(total):
        run = dict(typed)
        for axis in reversed(axes):
            n, digit = divmod(n, len(axis))
            run = {**axis[digit], **run}
        if run not in runs:
            runs.append(run)
    return runs


def named(runs: list[list[str]]) -> list[dict[str, int]]:
    return [{text[0]: int(text[2:]) for text in run} for run in runs]


@pytest.mark.parametrize("seed", range(100))
def test_runs_are_those_of_counting_through_the_plan(seed):
    draw = random.Random(seed)
    plan = draw_plan(draw)
    typed = {key: 7 for key in draw.sample("abcdefz", draw.randint(0, 2))}
    every, planned = count_through(plan, typed), count_through(plan, {})
    keys = draw.sample(sorted(every[0]), min(len(every[0]), draw.randint(1, 2)))
    entry = {key: draw.choice([0, [1, 7], [0, 2], [0, 1]]) for key in keys}

    def hit(run: dict[str, int]) -> bool:
        return not [
            key for key, asked in entry.items() if run.get(key) not in (asked if isinstance(asked, list) else [asked])
        ]

    left = [run for run in every if not hit(run)]
    fixed = {key: f"{key}=7" for key in typed}
    assert named(runs_of(plan, fixed)) == every
    if left and any(map(hit, every + planned)):
        assert named(runs_of(plan | {"exclude": [entry]}, fixed)) == left
    else:
        with pytest.raises(InputError, match="excludes nothing" if left else "leaves out every run"):
            runs_of(plan | {"exclude": [entry]}, fixed)


EXPERIMENT = """# @package _global_
defaults:
  - override /model: nano
name: tried
plan:
  grid: {seed: [0, 1]}
  zip: {position: [none, rope], optimizer.lr: [0.1, 0.002]}
  exclude: [{optimizer.lr: 1e-1, seed: 1}]
hydra: {mode: MULTIRUN}
"""


@pytest.fixture
def launched(tmp_path):
    """launched(words...) -> (seed, position, lr) of each run that Hydra composes for an experiment with a zip."""
    (tmp_path / "experiment").mkdir()
    Path(tmp_path, "experiment", "tried.yaml").write_text(EXPERIMENT)

    composed: list[tuple[int, str, float]] = []

    def sweep(expansion):  # in place of training
        configs = map(expansion.compose, expansion.points)
        composed[:] = [(values["seed"], choices["position"], values["optimizer"]["lr"]) for values, choices in configs]

    task = command.answering(commands.train, sweep)

    def run(*typed: str) -> list[tuple[int, str, float]]:
        words = [f"hydra.searchpath=[file://{tmp_path}]", "experiment=tried", *typed]
        with initialize_config_dir(conf_dir(), version_base="1.3"):
            GlobalHydra.instance().hydra.multirun("train", task, words, with_log_configuration=False)
        return composed

    return run


def test_hydra_composes_the_runs_of_a_zip_without_those_excluded(launched):
    assert launched() == [(0, "none", 0.1), (0, "rope", 0.002), (1, "rope", 0.002)]


def test_a_word_typed_to_hydra_is_set_in_every_point_and_compared_by_its_value(launched):
    assert launched("optimizer.lr=.1") == [(0, "none", 0.1), (0, "rope", 0.1)]


def test_a_sweep_typed_to_hydra_is_refused_until_the_zip_is_dropped(launched):
    with pytest.raises(InputError, match="^position=alibi,none is a sweep, but plan.zip holds position"):
        launched("position=alibi,none")
    free = launched("~plan.zip", "~plan.exclude", "position=alibi,none", "seed=3", "optimizer.lr=0.01")
    assert free == [(3, "alibi", 0.01), (3, "none", 0.01)]
