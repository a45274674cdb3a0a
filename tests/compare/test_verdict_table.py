"""Verdicts of runs with known numbers, in every place where a comparison is shown."""

import json
from collections.abc import Callable
from math import log, sqrt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.power import find_power
from wordorder.compare.report import write
from wordorder.compare.tables import render_markdown, render_terminal
from wordorder.compare.tasks import NOT_LEARNED
from wordorder.compare.verdict import RULE
from wordorder.compare.verdict_table import NO_DIFFERENCE, NO_VARIANCE, VerdictTable

TOO_FEW = "too few seeds to tell"
APART = 0.132  # bits per byte of none above those of rope, in runs without a shift


def read(lab: Path, baseline: str = "none") -> Comparison:
    return compare(lab, baseline=baseline, figures=[])


def add_pairs(add_run: Callable[..., Path], differences: list[float]) -> None:
    """Runs of none and rope that differ so, a pair for each seed, over what their seeds have in common."""
    for seed, difference in enumerate(differences):
        add_run("none", seed, shift=seed / 10)
        add_run("rope", seed, shift=seed / 10 + APART + difference)


def add_answers(folder: Path, inside: float, outside: float | None, *, learned: bool = True) -> None:
    """scores.jsonl of a task."""
    own = {"evaluation": "exact_match", "evaluation_id": "x" * 16, "count": 10, "why": ""}
    values = [("exact_match", inside, "in"), ("exact_match", outside, "out"), ("learned", float(learned), "in")]
    rows = [own | {"metric": m, "value": v, "facts": {"split": "test", "range": r}} for m, v, r in values]
    (folder / "scores.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def add_documents(folder: Path, nats: list[float]) -> None:
    """items.parquet: documents of ten bytes each."""
    own = {"evaluation": "bits_per_byte", "evaluation_id": "e" * 16, "bytes": 10.0}
    rows = [own | {"nats": n, "facts": json.dumps({"split": "test", "item": i})} for i, n in enumerate(nats)]
    pd.DataFrame(rows).to_parquet(folder / "items.parquet")


def get_texts(table: VerdictTable, label: str) -> dict[str, str]:
    return {heading.key: cell.text for heading, cell in zip(table.columns, table.rows[label], strict=True)}


def print_terminal(comparison: Comparison) -> str:
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for table in comparison.tables:
        console.print(render_terminal(table))
    return console.export_text()


def show_everywhere(comparison: Comparison, out: Path) -> list[str]:
    """Terminal, summary and page, each as one line."""
    write(comparison, out)
    texts = [print_terminal(comparison), *((out / name).read_text() for name in ("summary.md", "report.html"))]
    return [" ".join(text.replace("&lt;", "<").replace("&#39;", "'").split()) for text in texts]


def test_numbers_are_those_of_three_pairs_on_paper(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    (table,) = read(lab).verdicts
    row = table.frame().set_index("arm").loc["rope"]
    t, error = 0.05 / (0.01 / sqrt(3)), 0.01 / sqrt(3)
    p = 1 - t / sqrt(2 + t * t)  # Student at 2 degrees of freedom
    assert (row["seeds"], row["difference"], row["deviation"]) == (3, pytest.approx(-0.05), pytest.approx(0.01))
    assert (row["p"], row["p_holm"], row["sign_flip_p"]) == (pytest.approx(p), pytest.approx(p), 0.25)
    assert row["low"] == pytest.approx(-0.05 - 4.302653 * error) and row["high"] == pytest.approx(
        -0.05 + 4.302653 * error
    )
    assert row["margin"] == pytest.approx(0.005 * (2.795 + 0.1)) and row["verdict"] == "better"
    assert row["detectable"] == pytest.approx(0.0326, abs=5e-5)
    assert get_texts(table, "rope") == {
        "difference": "−0.050",
        "interval": "−0.075 to −0.025",
        "p_holm": "0.0131",
        "sign_flip": "0.2500",
        "detectable": "0.033",
        "verdict": "better",
    }


def test_holm_counts_the_arms_of_the_table(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.07])  # p of .026: better if it were the only arm
    for seed, shift in enumerate((0.2, 0.9, 0.1)):
        add_run("alibi", seed, shift=shift)
    add_run("sinusoidal", 0)  # too few to be tested
    frame = read(lab).verdicts[0].frame().set_index("arm")
    assert frame.loc["rope", "p_holm"] == pytest.approx(2 * frame.loc["rope", "p"])
    assert frame.loc["alibi", "p_holm"] == pytest.approx(frame.loc["alibi", "p"])
    t = (16 / 3) / sqrt(7 / 3 / 3)
    assert frame.loc["rope", "p"] == pytest.approx(1 - t / sqrt(2 + t * t))
    deviation, detectable = frame.loc["rope", ["deviation", "detectable"]]
    assert find_power(detectable, 3, sd=deviation, alpha=0.025) == pytest.approx(0.8)
    assert frame["verdict"].to_dict() == {"alibi": "inconclusive", "rope": "inconclusive", "sinusoidal": TOO_FEW}


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_few_seeds_nothing_is_shown_but_that_they_are_too_few(
    add_run: Callable[..., Path], lab: Path, tmp_path: Path, seeds: int
) -> None:
    add_pairs(add_run, [-0.05, -0.051][:seeds])
    comparison = read(lab)
    assert comparison.verdicts == []
    for text in show_everywhere(comparison, tmp_path / "out"):
        assert TOO_FEW in text
        assert not any(word in text for word in ("Verdicts", "Holm", "sign-flip", "interval", "better where"))


def test_an_arm_of_two_seeds_beside_others_has_no_p(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    for seed in (0, 1):
        add_run("alibi", seed, shift=0.2 + seed / 100)
    add_run("sinusoidal", 9)
    (table,) = read(lab).verdicts
    texts = get_texts(table, "alibi")
    assert texts.pop("difference") == "+0.020" and texts.pop("verdict") == TOO_FEW and set(texts.values()) == {"–"}
    assert table.seeds == {"alibi": 2, "rope": 3, "sinusoidal": 0}
    assert get_texts(table, "sinusoidal")["difference"] == "n/a¹" and table.footnotes == ["no seed in common with none"]


def test_the_rule_and_its_limits_stand_under_the_table_everywhere(
    add_run: Callable[..., Path], lab: Path, tmp_path: Path
) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06, -0.05, -0.05])
    for text in show_everywhere(read(lab), tmp_path / "out"):
        assert RULE in text and "Margin: 0.015 bits per byte, 0.5 % of the baseline's." in text
        assert "in such deviations 1.68 at 5 pairs." in text
        assert "It cannot reach 0.05: at 5 pairs not below 0.0625." in text
        assert "lower is better" in text and "Bootstrap" not in text
    for seed in (5, 6):
        add_run("none", seed, shift=seed / 10)
        add_run("rope", seed, shift=seed / 10 + APART - 0.05)
    assert "It cannot reach" not in print_terminal(read(lab))


def test_a_small_sure_difference_says_that_it_is_small(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [0.0020, 0.0021, 0.0019])
    (table,) = read(lab).verdicts
    assert get_texts(table, "rope")["verdict"] == "worse, within the margin"
    assert get_texts(table, "rope")["interval"] == "+0.00175 to +0.00225"


def test_the_same_runs_are_equivalent_without_a_missing_number(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-1 / 3 + 1 / 3] * 3)
    (table,) = read(lab).verdicts
    texts = get_texts(table, "rope")
    assert (
        texts["difference"] == "0.000¹" and texts["interval"] == "0.000 to 0.000" and texts["verdict"] == "equivalent"
    )
    assert texts["p_holm"] == "1.0000" and texts["detectable"] == "–" and table.footnotes == [NO_DIFFERENCE]
    assert "nan" not in render_markdown(table)


def test_one_number_at_every_pair_of_seeds_has_no_p_and_says_why(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in range(3):
        add_answers(add_run("none", seed), 0.95, 0.0)
        add_answers(add_run("rope", seed), 0.95, 0.01)
    _, outside = read(lab).verdicts
    texts = get_texts(outside, "rope")
    assert (texts["difference"], texts["verdict"], texts["sign_flip"]) == ("+0.010¹", "inconclusive", "0.2500")
    assert {texts[name] for name in ("interval", "p_holm", "detectable")} == {"–"}
    assert outside.footnotes == [NO_VARIANCE] and "the t-test is undefined" in NO_VARIANCE
    assert "nan" not in render_markdown(outside)


def add_at(add_run: Callable[..., Path], position: str, weight: int, data: int, shift: float) -> Path:
    seeds = {"weight_seed": weight, "data_seed": data}
    return add_run(position, shift=shift, config=seeds, facts={"seeds": {"weight": weight, "data": data}})


def test_pairs_that_share_a_seed_count_as_one_in_all_numbers(add_run: Callable[..., Path], lab: Path) -> None:
    pairs = {(0, 0): -0.03, (0, 1): -0.05, (2, 2): -0.05, (3, 3): -0.06}  # as -0.04, -0.05 and -0.06
    for (weight, data), difference in pairs.items():
        add_documents(add_at(add_run, "none", weight, data, 0.0), [15.0, 15.0])
        nats = 14.0 if data == 0 else 12.0
        add_documents(add_at(add_run, "rope", weight, data, APART + difference), [nats, nats])
    comparison = read(lab)
    (table,) = comparison.verdicts
    row = table.frame().iloc[0]
    t = 0.05 / (0.01 / sqrt(3))
    assert (row["seeds"], row["pairs"], row["verdict"]) == (3, 4, "better") and row["p"] == pytest.approx(
        1 - t / sqrt(2 + t * t)
    )
    assert (row["difference"], row["sign_flip_p"]) == (pytest.approx(-0.05), 0.25)
    assert table.differences["rope"] == pytest.approx((-0.04, -0.05, -0.06))
    assert row["bootstrap_high"] == pytest.approx(-4 / (20 * log(2)))  # the group: the mean of 1 and 3 nats of 10 bytes
    (cell,) = [
        cell
        for column, cell in zip(comparison.table.columns, comparison.table.rows["rope"], strict=True)
        if column.key == "difference"
    ]
    assert cell.n == 3 and cell.mean == pytest.approx(-0.05) and cell.deviation == pytest.approx(0.01)
    assert "the 4 of rope as 3" in " ".join(table.notes())


def test_crossed_seeds_are_too_few_and_the_way_to_more_is_said_everywhere(
    add_run: Callable[..., Path], lab: Path, tmp_path: Path
) -> None:
    for weight in range(3):
        for data in range(3):
            add_at(add_run, "none", weight, data, 0.0)
            add_at(add_run, "rope", weight, data, APART - 0.05 + weight / 1000)
    comparison = read(lab)
    assert comparison.verdicts == []
    for text in show_everywhere(comparison, tmp_path / "out"):
        assert "the 9 of rope as 1." in text and "all different in both" in text and TOO_FEW in text


def test_one_data_seed_is_a_condition_that_is_said(add_run: Callable[..., Path], lab: Path) -> None:
    for weight in range(3):
        add_at(add_run, "none", weight, 7, 0.0)
        add_at(add_run, "rope", weight, 7, APART - 0.05 + weight / 1000)
    (table,) = read(lab).verdicts
    assert table.seeds == {"rope": 3} and "For data seed 7 alone, which all pairs have: rope." in table.notes()


def test_bits_per_byte_of_another_text_have_no_verdict(add_run: Callable[..., Path], lab: Path, tmp_path: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    choices = {"position": "none", "tokenizer": "bpe", "source": "grammar", "model": "nano"}
    facts = {"choices": choices, "digests": {"tokenizer": "a" * 64, "data": "e" * 64}}
    for seed in range(3):
        add_run("none", seed, shift=-1 + seed / 90, facts=facts, config={"source": {"_target_": "w.grammar.Grammar"}})
    comparison = read(lab, baseline="none, python_docs")
    (table,) = comparison.verdicts
    texts = get_texts(table, "none, grammar")
    assert texts.pop("verdict") == "not comparable: other text" and texts.pop("difference") == "n/a¹"
    assert set(texts.values()) == {"–"} and "not the text of none, python_docs" in table.footnotes[0]
    frame = table.frame().set_index("arm")
    assert frame.loc["rope, python_docs", "p_holm"] == frame.loc["rope, python_docs", "p"]  # alone in its family
    assert table.differences["none, grammar"] == ()
    for text in show_everywhere(comparison, tmp_path / "out"):
        assert "not comparable: other text" in text


def test_answers_of_several_tasks_keep_their_verdicts(add_run: Callable[..., Path], lab: Path) -> None:
    choices = {"position": "none", "tokenizer": "bpe", "source": "copy", "model": "nano"}
    facts = {"choices": choices, "digests": {"tokenizer": "a" * 64, "data": "e" * 64}}
    for seed in range(3):
        add_answers(add_run("none", seed), 0.5 + seed / 100, None)
        own = {"source": {"_target_": "wordorder.source.copy.Copy"}}
        add_answers(add_run("none", seed, facts=facts, config=own), 0.9, None)
    (table,) = read(lab, baseline="python_docs").verdicts
    assert get_texts(table, "copy")["verdict"] == "better"


def test_what_was_asked_otherwise_has_no_verdict(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in range(3):
        add_run("none", seed)
        add_run("rope", seed, shift=seed / 100, facts={"evaluations": {"bits_per_byte": "f" * 16}})
    comparison = read(lab)
    (table,) = comparison.verdicts
    assert get_texts(table, "rope")["verdict"] == "not comparable: other evaluation"
    assert [finding.kind for finding in comparison.findings] == ["different evaluations"]
    assert comparison.verdict.endswith("rope is not comparable: other evaluation.")


def test_of_exact_match_more_is_better_in_both_ranges(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, extra in enumerate((0.0, 0.01, 0.02)):
        add_answers(add_run("none", seed), 0.95, 0.2, learned=seed > 0)
        add_answers(add_run("rope", seed), 0.95 + extra / 10, 0.8 + extra)
    inside, outside = read(lab).verdicts
    assert inside.title == "Verdicts: exact match inside of the trained lengths"
    assert get_texts(inside, "rope")["verdict"] == "equivalent" and get_texts(outside, "rope")["verdict"] == "better"
    assert outside.footnotes == [NOT_LEARNED] and get_texts(outside, "rope")["difference"] == "+0.610¹"
    notes = " ".join(outside.notes())
    assert "higher is better" in notes and "Margin: 0.03 exact match." in notes


def test_a_range_that_no_arm_answers_has_no_table(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in range(3):
        add_answers(add_run("none", seed), 0.9 + seed / 50, None)
        add_answers(add_run("rope", seed), 0.9, 0.3)
    assert [table.title for table in read(lab).verdicts] == ["Verdicts: exact match inside of the trained lengths"]


def test_documents_give_a_bootstrap_that_changes_no_verdict(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    without = read(lab).verdicts[0]
    for folder in lab.iterdir():
        add_documents(folder, [14.0, 14.0] if folder.name.startswith("rope") else [15.0, 16.0])
    (table,) = read(lab).verdicts
    row = table.frame().iloc[0]
    # differences of -1 and -2 nats over 10 bytes each, the same in all seeds: both drawn are -2 in one case of four
    assert row["bootstrap_low"] == pytest.approx(-2 / (10 * log(2)))
    assert row["bootstrap_high"] == pytest.approx(-1 / (10 * log(2)))
    assert "bootstrap" in get_texts(table, "rope") and "it describes and decides nothing" in " ".join(table.notes())
    assert table.frame()["verdict"].tolist() == without.frame()["verdict"].tolist() == ["better"]


def test_a_bootstrap_takes_the_documents_of_every_pair(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    for folder in list(lab.iterdir())[:-1]:
        add_documents(folder, [15.0, 16.0])
    (table,) = read(lab).verdicts
    assert "bootstrap" not in get_texts(table, "rope") and table.frame()["bootstrap_low"].isna().all()


def test_without_a_baseline_or_scores_there_are_no_verdicts(add_run: Callable[..., Path], lab: Path) -> None:
    add_pairs(add_run, [-0.04, -0.05, -0.06])
    assert read(lab, baseline="").verdicts == []
    for file in lab.glob("*/scores.jsonl"):
        file.unlink()
    comparison = read(lab)
    assert comparison.verdicts == [] and TOO_FEW not in render_markdown(comparison.table)


def test_one_arm_alone_is_compared_with_nothing(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in range(3):
        add_run("none", seed)
    comparison = read(lab)
    assert comparison.verdicts == [] and TOO_FEW not in render_markdown(comparison.table)


def test_tables_fit_a_terminal_of_140_columns(add_run: Callable[..., Path], lab: Path) -> None:
    changes: list[dict[str, Any]] = [{"optimizer": {"lr": lr}} for lr in (0.0005, 0.002)]
    for seed in range(3):
        for position in ("none", "rope", "alibi", "sinusoidal"):
            for number, change in enumerate(changes):
                folder = add_run(position, seed, shift=(seed + number) / 70 + seed * len(position) / 900, config=change)
                add_documents(folder, [15.0 + seed + number, 16.0 - seed])
    shown = print_terminal(read(lab, baseline="none, optimizer.lr=0.002"))
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 140
    assert "…" not in shown and "bootstrap" in shown and "inconclusive" in shown
