"""A plan with `tune` says what is tried and what follows; typed words take the place of its values and seeds."""

import re
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from wordorder.errors import InputError
from wordorder.plan import expand
from wordorder.plan_stages import expand_stages, skip_tuning

TUNE = {"lr": [0.001, 0.002, 0.004], "seed": [100]}
PLAN = {"grid": {"position": ["none", "rope"]}, "tune": TUNE, "final": {"seed": [0, 1]}}


def options(group: str) -> list[str]:
    return {"position": ["alibi", "none"], "optimizer": ["adamw", "sgd"]}.get(group, [])


def read(text: str) -> Any:
    return OverridesParser.create().parse_override(text).value()


def stages_of(plan=PLAN, fixed=None, swept=None):
    return expand_stages(plan, fixed or {}, swept or {}, options, read, name="x")


def tune(**changed: Any) -> dict[str, Any]:
    return PLAN | {"tune": TUNE | changed}


def texts(levels) -> list[str]:
    return [level.text for level in levels]


def test_a_plan_s_stages_are_read():
    stages = stages_of()
    assert [(arm.label, arm.words) for arm in stages.arms] == [
        ("position=none", ("position=none",)),
        ("position=rope", ("position=rope",)),
    ]
    assert texts(stages.levels) == ["0.001", "0.002", "0.004"] and texts(stages.seeds) == ["100"]
    assert texts(stages.final) == ["0", "1"] and (stages.name, stages.key, stages.extend) == ("x", "lr", 2)


def test_without_tune_there_are_no_stages_and_final_is_an_axis_of_seeds():
    plan = {kind: PLAN[kind] for kind in ("final", "grid")}
    assert stages_of(plan) is None
    runs = [[f"position={p}", f"seed={s}"] for p in ("none", "rope") for s in (0, 1)]
    assert expand(plan, {}, {}, options, read) == runs
    swept = expand(plan, {}, {"seed": ["seed=7", "seed=8"]}, options, read)
    assert swept == [[f"position={p}", f"seed={s}"] for p in ("none", "rope") for s in (7, 8)]


def test_a_typed_value_of_the_tuned_key_leaves_nothing_to_tune_and_it_is_said(capsys):
    fixed = {"+lr": "+lr=0.5"}
    assert stages_of(fixed=fixed) is None
    assert expand(skip_tuning(PLAN), fixed, {}, options, read)[0] == ["+lr=0.5", "position=none", "seed=0"]
    assert capsys.readouterr().err == "lr is typed, so plan.tune does not choose it\n"


def test_a_typed_sweep_of_the_tuned_key_takes_the_place_of_its_values():
    stages = stages_of(swept={"++lr": ["++lr=1e-2", "++lr=0.01", "++lr=0.001"]})
    assert [level.word for level in stages.levels] == ["++lr=0.001", "++lr=1e-2"]
    assert [arm.label for arm in stages.arms] == ["position=none", "position=rope"]


@pytest.mark.parametrize(
    ("fixed", "swept", "final"),
    [
        ({"seed": "seed=7"}, {}, ["7"]),
        ({}, {"seed": ["seed=7", "seed=8"]}, ["7", "8"]),
        ({"+seed": "+seed=7"}, {}, ["7"]),
    ],
)
def test_typed_seeds_are_final_ones(fixed, swept, final):
    stages = stages_of(fixed=fixed, swept=swept)
    assert texts(stages.final) == final and texts(stages.seeds) == ["100"]
    assert [arm.words for arm in stages.arms] == [("position=none",), ("position=rope",)]


def test_other_typed_words_are_in_every_run_and_sweeps_are_arms():
    stages = stages_of(fixed={"a": "a=1"}, swept={"position": ["position=alibi"], "b": ["b=1", "b=2"]})
    assert [arm.label for arm in stages.arms] == ["position=alibi b=1", "position=alibi b=2"]
    assert stages.arms[0].words == ("a=1", "position=alibi", "b=1")


def test_without_anything_to_compare_there_is_one_arm():
    (arm,) = stages_of({"tune": TUNE, "final": {"seed": [0]}}, {"a": "a=1"}).arms
    assert (arm.label, arm.words) == ("all", ("a=1",))


def test_exclusions_are_of_arms():
    stages = stages_of(PLAN | {"exclude": [{"position": "rope"}]})
    assert [arm.label for arm in stages.arms] == ["position=none"]
    with pytest.raises(InputError, match=r"^plan\.exclude\[0\]\.lr=0\.001 excludes nothing: no run has this key"):
        stages_of(PLAN | {"exclude": [{"position": "rope", "lr": 0.001}]})


def test_numbers_come_from_small_to_large_each_once_and_other_values_as_they_are_listed():
    assert texts(stages_of(tune(lr=[0.004, "1e-3", 0.001, 1])).levels) == ["1e-3", "0.004", "1"]
    choices = PLAN | {"tune": {"optimizer": "all", "seed": [100]}}
    assert (texts(stages_of(choices).levels), stages_of(choices).extend) == (["adamw", "sgd"], 0)
    lists = PLAN | {"tune": {"betas": [[0.9, 0.95], [0.8, 0.9]], "seed": [100]}}
    assert texts(stages_of(lists).levels) == ["[0.9,0.95]", "[0.8,0.9]"]


def test_whole_numbers_are_not_extended_unasked():
    assert stages_of(tune(lr=[100, 200])).extend == 0 and stages_of(tune(extend=0)).extend == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (tune() | {"tune": 3}, "plan.tune=3 must be a mapping"),
        ({"tune": TUNE}, "plan.final is missing: plan.tune chooses for the runs that follow"),
        (tune(wd=[0, 1]), "plan.tune={'lr': [0.001, 0.002, 0.004], 'seed': [100], 'wd': [0, 1]} must have one key"),
        (PLAN | {"tune": {"seed": [100]}}, "plan.tune={'seed': [100]} must have one key to choose a value of"),
        (PLAN | {"tune": {"lr": [1, 2]}}, "plan.tune.seed is missing: the seeds of the tuning runs"),
        (tune(lr=0.001), "plan.tune.lr=0.001 must be a list"),
        (tune(lr=[0.001]), "plan.tune.lr=0.001 leaves nothing to choose: list at least two values"),
        (tune(lr=[0.001, "1e-3"]), "plan.tune.lr=0.001 leaves nothing to choose"),
        (tune(seed=100), "plan.tune.seed=100 must be a list"),
        (tune(seed=["a"]), "plan.tune.seed=a must be a whole number that is not negative"),
        (tune(seed=[True]), "plan.tune.seed=true must be a whole number"),
        (tune(seed=[-1]), "plan.tune.seed=-1 must be a whole number"),
        (tune(extend=-1), "plan.tune.extend=-1 must be a whole number that is not negative"),
        (tune(extend=True), "plan.tune.extend=True must be a whole number"),
        (tune(lr=[100, 200], extend=1), "plan.tune.extend=1 needs values that a ratio goes on from, and lr=100,200"),
        (tune(lr=["a", "b"], extend=1), "plan.tune.extend=1 needs values that a ratio goes on from, and lr=a,b"),
        (tune(seed=[100, 1, 0]), "plan.final.seed=0,1 is in plan.tune.seed too"),
        (PLAN | {"final": [0]}, "plan.final=[0] must be a mapping"),
        (PLAN | {"final": {}}, "plan.final={} must list seeds and nothing else"),
        (
            PLAN | {"final": {"seed": [0], "a": [1]}},
            "plan.final={'seed': [0], 'a': [1]} must list seeds and nothing else",
        ),
        (PLAN | {"final": {"seed": [-3]}}, "plan.final.seed=-3 must be a whole number"),
        (PLAN | {"grid": {"seed": [3]}}, "seed is in plan.grid, beside plan.tune: seeds are listed in plan.tune.seed"),
        (PLAN | {"zip": {"data_seed": [3], "a": [1]}}, "data_seed is in plan.zip, beside plan.tune"),
        (PLAN | {"points": [{"+lr": 1}]}, "plan.tune.lr is in plan.points too"),
        (PLAN | {"grid": {"name": ["a", "b"]}}, "name is in plan.grid, beside plan.tune, whose runs lie in one folder"),
        (PLAN | {"gird": {}}, "plan.gird={} is not known: did you mean grid?"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_by_its_full_key(plan, said):
    with pytest.raises(InputError, match="^" + re.escape(said)):
        stages_of(plan)


@pytest.mark.parametrize(
    ("fixed", "swept", "said"),
    [
        ({"seed": "seed=100"}, {}, "plan.final.seed=100 is in plan.tune.seed too"),
        ({}, {"seed": ["seed=5", "seed=100"]}, "plan.final.seed=100 is in plan.tune.seed too"),
        ({}, {"weight_seed": ["weight_seed=1"]}, "weight_seed is in a typed sweep, beside plan.tune"),
        ({}, {"name": ["name=a", "name=b"]}, "name is in a typed sweep, beside plan.tune"),
        ({}, {"lr": ["lr=1", "lr=1.0"]}, "plan.tune.lr=1 leaves nothing to choose"),
    ],
)
def test_typed_words_that_the_stages_cannot_take_are_refused(fixed, swept, said):
    with pytest.raises(InputError, match="^" + re.escape(said)):
        stages_of(fixed=fixed, swept=swept)
