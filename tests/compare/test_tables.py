"""Numbers of the main table against arithmetic on paper."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from wordorder.compare.arms import make_arms
from wordorder.compare.tables import Cell, Table, make_table, render_markdown, render_terminal
from wordorder.errors import InputError
from wordorder.record.folders import list_runs
from wordorder.record.read import read_runs, read_scores

SCHEMES = ("none", "rope", "alibi", "sinusoidal", "learned")


def read_table(lab: Path, baseline: str = "none") -> Table:
    return make_table(read_runs(lab), read_scores(lab), make_arms(list_runs(lab)), baseline=baseline)


def get_cell(table: Table, label: str, key: str) -> Cell:
    return table.rows[label][[column.key for column in table.columns].index(key)]


def print_terminal(table: Table) -> str:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(render_terminal(table))
    return console.export_text()


def test_means_and_deviations_over_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, shift in enumerate((0.0, 0.01, 0.05)):
        add_run("none", seed, shift=shift)
    table = read_table(lab)
    # 2.695 + 0.1 + the mean of 0, 0.01, 0.05; deviation: sqrt((0.02^2 + 0.01^2 + 0.03^2) / 2)
    cell = get_cell(table, "none", "bits_per_byte")
    assert (cell.mean, cell.deviation, cell.n) == (pytest.approx(2.815), pytest.approx(0.0007**0.5), 3)
    assert (cell.text, cell.spread) == ("2.815", "±0.026")
    assert get_cell(table, "none", "last_k_8x").mean == pytest.approx(2.735 + 0.02)
    assert get_cell(table, "none", "seconds").mean == pytest.approx(61.0)
    assert table.seeds == {"none": 3} and table.heading == ""


def test_difference_is_paired_over_common_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, (none, rope) in enumerate([(0.0, 0.10), (0.5, 0.62), (0.9, None), (None, 0.7)]):
        if none is not None:
            add_run("none", seed, shift=none)
        if rope is not None:
            add_run("rope", seed, shift=rope)
    cell = get_cell(read_table(lab), "rope", "difference")
    # seeds 0 and 1 only: (2.563 - 2.695) + 0.10 and + 0.12
    assert cell.mean == pytest.approx(-0.132 + 0.11) and cell.n == 2
    assert cell.deviation == pytest.approx(0.02 / 2**0.5)
    assert (cell.text, cell.spread) == ("−0.022", "±0.014 (2)")


def test_pairs_agree_in_both_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", facts={"seeds": {"weight": 0, "data": 0}})
    add_run("rope", facts={"seeds": {"weight": 0, "data": 1}})
    table = read_table(lab)
    assert get_cell(table, "rope", "difference").mean is None
    assert "no seed in common with none" in table.footnotes


def test_not_applicable_has_its_reason_as_a_footnote(add_run: Callable[..., Path], lab: Path) -> None:
    for position in ("none", "learned"):
        add_run(position)
    table = read_table(lab)
    assert table.footnotes == ["Learned ends at position 128"]
    assert [get_cell(table, "learned", f"last_k_{f}x").text for f in (1, 2, 4, 8)] == ["2.600", "n/a¹", "n/a¹", "n/a¹"]
    assert "¹ Learned ends at position 128" in render_markdown(table)


def test_missing_evaluation_says_so(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    (add_run("rope") / "scores.jsonl").unlink()
    table = read_table(lab)
    assert get_cell(table, "rope", "bits_per_byte").text == "n/a¹" and table.footnotes == ["not evaluated"]


def test_one_seed_is_headed_as_a_picture(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope")
    table = read_table(lab)
    assert table.heading == "one seed: a picture, not a ranking"
    assert table.heading in render_markdown(table) and table.heading in print_terminal(table)
    assert "±" not in render_markdown(table)
    add_run("rope", 1)
    assert read_table(lab).heading == ""


def test_baseline_is_first_and_the_rest_keeps_its_order(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        add_run(position)
    assert list(read_table(lab).rows) == ["none", "alibi", "learned", "rope", "sinusoidal"]
    assert list(read_table(lab, baseline="rope").rows) == ["rope", "alibi", "learned", "none", "sinusoidal"]
    assert get_cell(read_table(lab), "none", "difference").text == "–"


def test_unknown_baseline_names_the_key_and_the_arms(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("rope")
    add_run("alibi")
    with pytest.raises(InputError, match=r"compare\.baseline=none: .*alibi; rope"):
        read_table(lab)
    assert "difference" not in [column.key for column in read_table(lab, baseline="").columns]


def test_unfinished_runs_do_not_count_and_their_arm_stays(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("none", 1, shift=9.0, facts={"status": "running"})
    add_run("rope", facts={"status": "failed", "reason": "diverged"})
    table = read_table(lab)
    assert get_cell(table, "none", "bits_per_byte").mean == pytest.approx(2.795)
    assert table.seeds == {"none": 1, "rope": 0} and get_cell(table, "rope", "bits_per_byte").text == "n/a¹"
    assert table.footnotes == ["no finished run"]


def test_seed_that_was_run_twice_counts_once(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, shift in ((0, 0.0), (0, 0.2), (1, 0.4)):
        add_run("none", seed, shift=shift)
    cell = get_cell(read_table(lab), "none", "bits_per_byte")
    assert (cell.mean, cell.n) == (pytest.approx(2.795 + 0.25), 2)


def test_partly_scored_arm_says_of_how_many_seeds(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", 0)
    folder = add_run("none", 1)
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    (folder / "scores.jsonl").write_text(
        "".join(json.dumps(r) + "\n" for r in rows if r["evaluation"] == "bits_per_byte")
    )
    assert get_cell(read_table(lab), "none", "last_k_2x").spread == "(1)"


def test_small_difference_is_not_shown_as_none(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope", shift=0.132 + 0.0002)
    assert get_cell(read_table(lab), "rope", "difference").text == "+0.0002"


def test_rounding_is_no_difference(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", shift=0.0)
    add_run("rope", shift=0.132 - 1e-13)
    assert get_cell(read_table(lab), "rope", "difference").text == "+0.000"


def test_evaluations_on_different_splits_are_all_shown(add_run: Callable[..., Path], lab: Path) -> None:
    folder = add_run("none")
    text = (folder / "scores.jsonl").read_text().splitlines()
    text = [line.replace('"split": "test"', '"split": "val"') if "length_sweep" in line else line for line in text]
    (folder / "scores.jsonl").write_text(
        "\n".join([*text, text[0].replace("test", "val").replace("2.79", "9.79")]) + "\n"
    )
    table = read_table(lab)
    assert get_cell(table, "none", "bits_per_byte").text == "2.795"
    assert get_cell(table, "none", "last_k_8x").text == "2.735"


def test_terminal_table_fits_100_columns(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        for seed in (0, 1):
            for lr in (0.0005, 0.002):
                add_run(position, seed, shift=seed / 70, config={"optimizer": {"lr": lr}})
    shown = print_terminal(read_table(lab, baseline="none, optimizer.lr=0.002"))
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 100
    assert "…" not in shown and "optimizer.lr=0.0005" in shown
    for text in ("2.702", "±0.010", "16,384", "400", "baseline", "1024"):
        assert text in shown


def test_markup_and_pipes_in_a_label_are_text(add_run: Callable[..., Path], lab: Path) -> None:
    for name in ("[bold]a", "b|c"):
        add_run("none", config={"optimizer": {"kind": name}})
    table = read_table(lab, baseline="")
    assert "[bold]a" in print_terminal(table) and "b\\|c" in render_markdown(table)


def test_frame_holds_the_numbers(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope")
    row = read_table(lab).frame().set_index("arm").loc["rope"]
    assert row["difference"] == pytest.approx(-0.132) and row["difference_n"] == 1
    assert row["last_k_4x"] == pytest.approx(2.741) and row["memory_megabytes"] == pytest.approx(400.0)
