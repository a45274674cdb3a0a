"""The first lines of a page say how much was trained, when, and what its numbers are."""

from collections.abc import Callable
from pathlib import Path

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.overview import ANSWERS, ARM, BITS, describe_runs, explain, list_days
from wordorder.compare.quantities import Heading
from wordorder.compare.report import write
from wordorder.compare.tables import Table
from wordorder.record.read import read_runs


def make(lab: Path) -> Comparison:
    return compare(lab, baseline="none", figures=[])


def describe(lab: Path) -> str:
    return describe_runs(make(lab).runs, make(lab).table)


def test_arms_runs_and_seeds_are_counted(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    assert describe(lab) == "1 arm, 1 run, 1 seed each."
    for seed in (1, 2):
        add_run("none", seed)
    add_run("rope")
    add_run("rope", 1, facts={"status": "failed", "reason": "the loss is nan"})
    assert describe(lab) == "2 arms, 5 runs, 4 of them finished, 1 to 3 seeds each."


def test_runs_without_an_arm_are_counted(add_run: Callable[..., Path], lab: Path) -> None:
    (add_run("none") / "run.json").unlink()
    comparison = compare(lab, baseline="", figures=[])
    assert comparison.arms == []
    assert describe_runs(comparison.runs, comparison.table) == "0 arms, 1 run, 0 of them finished, 0 seeds each."
    write(comparison, lab / "compare")
    assert "0 arms, 1 run" in (lab / "compare" / "report.html").read_text(encoding="utf-8")


def test_days_are_the_first_and_the_last_that_any_run_recorded(add_run: Callable[..., Path], lab: Path) -> None:
    begun, scored = "2026-01-30T23:59:59.250+00:00", "2026-02-02T00:00:01.000+00:00"
    add_run("rope")  # of a version that recorded none
    assert list_days(read_runs(lab)) == []
    add_run("none", facts={"first_step_at": begun, "scored_at": "2026-01-30T23:59:59.900+00:00"})
    assert list_days(read_runs(lab)) == ["2026-01-30"] and describe(lab).endswith("each; trained 2026-01-30 (UTC).")
    add_run("none", 1, facts={"first_step_at": "2026-02-01T12:00:00.000+00:00", "scored_at": scored})
    assert list_days(read_runs(lab)) == ["2026-01-30", "2026-02-02"]
    assert "trained 2026-01-30 to 2026-02-02 (UTC)." in describe(lab)


def test_only_what_is_measured_is_explained(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    assert explain(make(lab).table) == [BITS, ARM, "The others are held against none, the shaded row."]
    answers = Table("", "", [Heading("exact_match_out", "", "outside")], {"none": []}, {"none": 1}, [])
    assert explain(answers) == [ANSWERS, ARM]
