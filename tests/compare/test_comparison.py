"""A comparison holds an experiment's runs, in one order everywhere, and refuses what cannot be compared."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.figure import Drawing
from wordorder.errors import InputError


class Refusing(Drawing):
    """A figure that no two arms may be shown in."""

    def refuse(self, comparison: Comparison) -> str:
        return "metric=x is of one arm" if len(comparison.arms) > 1 else ""


def test_arms_stand_as_in_the_table_and_only_finished_runs_are_done(add_run: Callable[..., Path], lab: Path) -> None:
    done = [add_run("rope"), add_run("none"), add_run("rope", 1)]
    failed = add_run("learned", facts={"status": "failed", "reason": "loss of step 3"})
    (failed / "log.txt").write_text("a\nlast words\n")
    comparison = compare(lab, baseline="rope", figures=[])
    assert [arm.label for arm in comparison.arms] == list(comparison.table.rows) and comparison.arms[0].label == "rope"
    assert comparison.done == {folder.name for folder in done}
    (failure,) = comparison.failures
    assert (failure["run"], failure["arm"], failure["reason"]) == (failed.name, "learned", "loss of step 3")
    assert failure["log"] == "a\nlast words"
    assert comparison.tables == [comparison.table] and comparison.tuning == {}


def test_each_run_may_be_an_arm(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1):
        add_run("rope", seed)
    assert [arm.label for arm in compare(lab, baseline="", figures=[]).arms] == ["rope"]
    assert [arm.label for arm in compare(lab, baseline="", figures=[], each=True).arms] == ["seed=0", "seed=1"]


def test_what_makes_it_again_is_the_given_command_or_the_experiment_quoted(
    add_run: Callable[..., Path], lab: Path
) -> None:
    add_run("rope")
    odd = lab.rename(lab.parent / "it's odd")
    assert compare(odd, baseline="", figures=[]).command == """python scripts/train.py experiment='it'"'"'s odd'"""
    assert compare(odd, baseline="", figures=[], command="make compare").command == "make compare"


def test_a_folder_without_runs_is_refused(lab: Path) -> None:
    lab.mkdir(parents=True)
    with pytest.raises(InputError, match="^experiment=lab: .*lab holds no runs; run the experiment first$"):
        compare(lab, baseline="", figures=[])


def test_a_figure_that_would_compare_nothing_is_refused_by_its_number(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("rope")
    compare(lab, baseline="", figures=[Drawing(), Refusing()])
    add_run("none")
    with pytest.raises(InputError, match=r"^compare\.figures\.1\.metric=x is of one arm$"):
        compare(lab, baseline="", figures=[Drawing(), Refusing()])


def test_a_tuning_file_is_read_and_a_broken_one_refused_with_the_way_out(
    add_run: Callable[..., Path], lab: Path
) -> None:
    add_run("rope")
    tuning = {
        "key": "optimizer.lr",
        "metric": "bits_per_byte",
        "split": "val",
        "values": [1.0],
        "seeds": [],
        "arms": [],
    }
    (lab / "tuning.json").write_text(json.dumps(tuning))
    assert compare(lab, baseline="", figures=[]).tuning == tuning
    (lab / "tuning.json").write_text('{"key": "optimi')
    with pytest.raises(
        InputError, match=r"tuning\.json: not JSON .*remove it, the command that trains writes it again"
    ):
        compare(lab, baseline="", figures=[])
