"""A baseline is looked for among the arms that a folder will hold: those of the plan, and those that lie there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from plans import planned

from wordorder.compare.arms import make_arms
from wordorder.errors import InputError
from wordorder.foreseen import labels_of, refuse_uncomparable
from wordorder.record.folders import list_runs, read_config, read_run
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.planned import Compared, Held, Plan, compared


@pytest.fixture
def refuse(tmp_path: Path) -> Callable[..., None]:
    """refuse("none", "rope", "alibi") holds a baseline against a plan of these schemes, and what lies in their folder."""

    def ask(baseline: str, *schemes: str, figures: tuple[dict, ...] = ()) -> None:
        folder = tmp_path / "outputs" / "lab"
        arms = [Compared(str(folder), {"position._target_": scheme}, {"position": scheme}) for scheme in schemes]
        plan = Plan([planned(folder / scheme) for scheme in schemes], Held(), arms)
        config = {"compare": {"baseline": baseline, "figures": list(figures)}}
        refuse_uncomparable(Expansion([[]], lambda _: (config, {}), [], [], tmp_path, 1), plan)

    return ask


def test_a_baseline_is_an_arm_of_the_plan_or_none(refuse: Callable[..., None]) -> None:
    refuse("rope", "rope", "alibi")
    refuse("", "rope", "alibi")
    with pytest.raises(InputError, match="^compare.baseline=rop: no such arm; choose one of: alibi; rope, or"):
        refuse("rop", "rope", "alibi")


def test_what_lies_in_the_folder_counts_with_what_is_planned(refuse: Callable[..., None], add_run) -> None:
    add_run("none", name="none", config={"optimizer": {"lr": 0.5}})
    with pytest.raises(InputError, match="choose one of: none, optimizer.lr=0.5, .*; rope, or"):
        refuse("none", "rope")
    refuse("none", "rope", "none")  # the folder of that name is the planned run's own


def test_a_figure_that_cannot_be_made_is_refused_whatever_the_baseline(refuse: Callable[..., None]) -> None:
    wrong = {"_target_": "wordorder.compare.curves.LearningCurves", "settle": "x"}
    with pytest.raises(InputError, match="^compare.figures.0.settle='x'"):
        refuse("", "rope", figures=(wrong,))


def test_the_labels_foreseen_are_those_of_the_comparison(add_run: Callable[..., Path]) -> None:
    for position in ("rope", "alibi", "none"):
        for seed in (0, 1):
            add_run(position, seed)
    add_run("rope", config={"optimizer": {"lr": 0.5}})
    add_run("rope", config={"position": {"theta": 3}})
    folders = list_runs(add_run("learned").parent)
    arms = [compared(path, read_config(path), read_run(path)["choices"]) for path in folders]
    assert labels_of(arms) == [arm.label for arm in make_arms(folders)] and len(labels_of(arms)) == 6
