"""Arms of several tokenizers: what is shown of them, and what is refused or qualified because a token is no unit."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.curves import LearningCurves, LengthCurves
from wordorder.compare.report import write
from wordorder.compare.tables import Cell, Table, render_terminal
from wordorder.compare.tokenizer_bars import TokenizerBars
from wordorder.errors import InputError

CUTS = {
    "bytes_per_token": 2.5,
    "fertility": 1.75,
    "unused": 0.125,
    "renyi_efficiency": 0.4,
    "single": 0.3,
    "longest": 9.0,
}


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def add_tokenizer(add_run: Callable[..., Path], name: str, seed: int = 0, **changes: Any) -> Path:
    """A run with another tokenizer than add_run's own, its facts and its cuts; 1.0 to 4.0 bytes a token by its name."""
    n_bytes = {"byte": 1.0, "bpe": 2.5, "pretrained": 4.0}[name]
    facts = {
        "choices": {"position": "rope", "tokenizer": name, "source": "python_docs", "model": "nano"},
        "digests": {"tokenizer": name * 8, "data": "d" * 64},
        "vocabulary": {"requested": 8192 if name == "bpe" else None, "actual": 8000 if name == "bpe" else 256},
        "tokenizer_cost": {"seconds": 12.5, "bytes": 9_000_000, "encode_bytes_per_second": 3e6},
        "text": {"bytes_per_token": n_bytes},
        "parameters": {"total": 3_000_000, "position": 0, "embedding": 2_000_000, "rest": 1_000_000},
        "flops": 4_000_000_000_000,
        "context_length": 128,
    }
    vocabulary = facts["vocabulary"] | changes.pop("vocabulary", {})
    config = {"tokenizer": {"_target_": f"wordorder.tokenizer.{name}.X"}} | changes.pop("config", {})
    folder = add_run(
        "rope", seed, facts=facts | {"vocabulary": vocabulary} | changes.pop("facts", {}), config=config, **changes
    )
    own = {"evaluation": "tokenization", "evaluation_id": "t" * 16, "count": 99, "why": "", "facts": {"split": "test"}}
    cuts = [own | {"metric": metric, "value": value} for metric, value in (CUTS | {"bytes_per_token": n_bytes}).items()]
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    write_rows(folder / "scores.jsonl", rows + cuts)
    return folder


def read(lab: Path, figures: list[Any] | None = None) -> Comparison:
    return compare(lab, baseline="", figures=figures or [])


def get(table: Table | None, label: str, key: str) -> Cell:
    assert table is not None
    return table.rows[label][[column.key for column in table.columns].index(key)]


def test_arms_of_one_tokenizer_have_no_such_table_or_figure(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope")
    comparison = read(lab, [TokenizerBars()])
    assert comparison.tokenizers is None and TokenizerBars().is_empty(comparison)
    write(comparison, lab / "compare")
    assert "Tokenizers" not in (lab / "compare" / "report.html").read_text()


def test_one_recipe_trained_on_several_texts_is_no_choice_between_tokenizers(
    add_run: Callable[..., Path], lab: Path
) -> None:
    for n in range(2):
        digests = {"data": str(n) * 64, "tokenizer": "ab"[n] * 64}
        add_run("rope", facts={"digests": digests}, config={"source": {"seed": n}})
    comparison = read(lab, [TokenizerBars()])
    assert comparison.tokenizers is None and TokenizerBars().is_empty(comparison)
    with pytest.raises(InputError, match="val_loss"):  # yet their tokens are no common unit
        read(lab, [LearningCurves(metric="val_loss", settle=0.2)])


def test_the_table_holds_what_the_runs_recorded(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, shift in enumerate((0.0, 0.1)):
        add_tokenizer(add_run, "bpe", seed, shift=shift)
    add_tokenizer(add_run, "byte")
    table = read(lab).tokenizers
    # 2.563 + 0.1 whole; context 128 tokens of 2.5 bytes; others are 3.0 - 2.0 M parameters
    shown = {"bits_per_byte": "2.713", "vocabulary_requested": "8,192", "vocabulary_actual": "8,000"}
    shown |= {"bytes_per_token": "2.50", "fertility": "1.75", "unused": "12%", "renyi_efficiency": "0.40"}
    shown |= {"tokenizer_cost_seconds": "12", "tokenizer_cost_encode_bytes_per_second": "3", "context_bytes": "320"}
    shown |= {"parameters_embedding": "2.00", "parameters_others": "1.00", "flops": "4.00"}
    assert {key: get(table, "bpe", key).text for key in shown} == shown
    assert get(table, "bpe", "bits_per_byte").spread == "±0.071"
    assert get(table, "byte", "vocabulary_requested").text == "n/a¹"
    assert table.footnotes == ["its recipe asks for no size"]
    titles = {column.key: column.title for column in table.columns}
    assert titles["flops"] == "train FLOPs (T)" and titles["parameters_others"] == "other params (M)"


def test_columns_that_no_run_can_fill_are_left_out(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("rope")
    add_run(
        "rope", facts={"digests": {"tokenizer": "f" * 64, "data": "d" * 64}}, config={"tokenizer": {"vocab_size": 2048}}
    )
    table = read(lab).tokenizers
    assert [column.key for column in table.columns] == ["bits_per_byte", "vocabulary_actual"]


def test_terminal_page_and_summary_show_the_second_table(add_run: Callable[..., Path], lab: Path) -> None:
    for name in ("bpe", "byte"):
        add_tokenizer(add_run, name)
    comparison = read(lab)
    write(comparison, lab / "compare")
    for file in ("report.html", "summary.md"):
        text = (lab / "compare" / file).read_text()
        assert re.search("Tokenizers.*fertility", text, re.DOTALL), file
    assert str(render_terminal(comparison.tables[1]).title).strip() == "Tokenizers"


def test_speed_is_that_of_text_where_tokens_differ(add_run: Callable[..., Path], lab: Path) -> None:
    add_tokenizer(add_run, "bpe")
    assert "tok/s" in [column.title for column in read(lab).table.columns]
    add_tokenizer(add_run, "byte")
    table = read(lab).table
    assert "tok/s" not in [column.title for column in table.columns]
    assert get(table, "bpe", "kilobytes_per_second").mean == pytest.approx(2_000_000 / 60 / 1e3)


@pytest.mark.parametrize("metric", ["loss", "val_loss"])
def test_a_loss_per_token_is_not_compared_across_tokenizers(
    metric: str, add_run: Callable[..., Path], lab: Path
) -> None:
    add_tokenizer(add_run, "bpe")
    add_tokenizer(add_run, "bpe", 1)
    figures = [LengthCurves(), LearningCurves(metric=metric)]
    assert not read(lab, figures).figures[1].is_empty(read(lab))
    add_tokenizer(add_run, "byte")
    with pytest.raises(
        InputError, match=rf"compare\.figures\.1\.metric={metric} .*2 tokenizers.*metric=val_bits_per_byte"
    ):
        read(lab, figures)
    assert read(lab, [LearningCurves(metric="val_bits_per_byte")])


def test_learning_is_against_bytes_of_text(add_run: Callable[..., Path], lab: Path) -> None:
    for name in ("byte", "pretrained"):
        add_tokenizer(add_run, name)
    axes = LearningCurves().draw(read(lab)).axes[0]
    ends = {str(line.get_label()): max(line.get_xdata()) for line in axes.get_lines()}
    assert (ends["byte"], ends["pretrained"]) == (700 * 1024, 4 * 700 * 1024)
    assert axes.get_xlabel() == "training text in bytes"


def test_seeds_that_differ_in_tokens_at_a_step_have_one_mean(add_run: Callable[..., Path], lab: Path) -> None:
    for seed, tokens in ((0, 90), (1, 110)):
        rows = [{"step": n, "tokens": n * tokens, "val_bits_per_byte": 3.0 - seed} for n in (0, 1, 2)]
        write_rows(add_run("rope", seed) / "train.jsonl", rows)
    (line,) = [line for line in LearningCurves().draw(read(lab)).axes[0].get_lines() if line.get_label() == "rope"]
    assert line.get_xydata().tolist() == [[0, 2.5], [100, 2.5], [200, 2.5]]


def test_axes_in_tokens_say_whose_tokens(add_run: Callable[..., Path], lab: Path) -> None:
    add_tokenizer(add_run, "byte")
    assert LengthCurves().notes(read(lab)) == []
    add_tokenizer(add_run, "bpe")
    assert any("own tokenizer" in note for note in LengthCurves().notes(read(lab)))


def test_a_lossy_tokenizer_is_flagged(add_run: Callable[..., Path], lab: Path) -> None:
    add_tokenizer(add_run, "byte", vocabulary={"lossless": True})
    add_tokenizer(add_run, "pretrained", vocabulary={"lossless": False})
    note = read(lab).notes[0]
    assert note.startswith("pretrained: its tokenizer does not give back every text") and "not comparable" in note


def test_a_limit_in_tokens_is_another_text_for_each(add_run: Callable[..., Path], lab: Path) -> None:
    limited = {"evaluation": {"bits_per_byte": {"split": "test", "tokens": 4096}}}
    add_tokenizer(add_run, "byte", config={"tokenizer": {"_target_": "wordorder.tokenizer.byte.X"}} | limited)
    assert read(lab).notes == []
    add_tokenizer(add_run, "bpe")
    assert any("limited to 4,096 tokens" in note for note in read(lab).notes)


def test_a_limit_is_what_a_run_was_asked_last_whatever_its_config_says(add_run: Callable[..., Path], lab: Path) -> None:
    asked = {"facts": {"asked": {"bits_per_byte": {"split": "test", "tokens": 500}}}}
    add_tokenizer(add_run, "byte", config={"tokenizer": {"_target_": "wordorder.tokenizer.byte.X"}}, **asked)
    add_tokenizer(add_run, "bpe", **asked)
    assert any("limited to 500 tokens" in note for note in read(lab).notes)


def test_the_figure_has_a_row_for_each_arm_and_every_seed(add_run: Callable[..., Path], lab: Path) -> None:
    for name in ("byte", "bpe", "pretrained"):
        for seed in range(3):
            add_tokenizer(add_run, name, seed, shift=seed / 10)
    comparison = read(lab)
    figure = TokenizerBars().draw(comparison)
    bits, held, flops, embedding = figure.axes
    assert [text.get_text() for text in bits.get_yticklabels()] == ["bpe", "byte", "pretrained"]
    seeds, mean = bits.get_lines()[0], bits.get_lines()[1]
    assert list(seeds.get_xdata()) == pytest.approx([2.663, 2.763, 2.863]) and list(mean.get_xdata()) == [
        pytest.approx(2.763)
    ]
    assert [bar.get_width() for bar in held.patches] == [2.5, 1.0, 4.0]
    assert [bar.get_width() for bar in flops.patches] == [2.0] * 3 and "(M)" in flops.get_title(loc="left")
    assert [bar.get_width() for bar in embedding.patches] == [2.0] * 3
    assert "Small points are single seeds." in TokenizerBars().notes(comparison)


def test_numbers_stay_inside_their_panel_and_clear_of_each_other(add_run: Callable[..., Path], lab: Path) -> None:
    for size in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
        config = {"tokenizer": {"_target_": "wordorder.tokenizer.bpe.X", "vocab_size": size}}
        digests = {"digests": {"tokenizer": str(size)}}
        for seed in (0, 1):
            add_tokenizer(add_run, "bpe", seed, shift=seed / 8 + size / 1e5, config=config, facts=digests)
    figure = TokenizerBars().draw(read(lab))
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) == 8 and all(box.x1 <= axes.get_window_extent().x1 for box in boxes)
        assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_table_frames_say_how_many_runs_are_behind_a_number(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1):
        add_tokenizer(add_run, "bpe", seed)
    add_tokenizer(add_run, "byte")
    frame: pd.DataFrame = read(lab).tables[1].frame().set_index("arm")
    assert frame.loc["bpe", "bytes_per_token_n"] == 2 and frame.loc["byte", "fertility"] == 1.75


def test_lengths_in_tokens_are_another_text_for_each_tokenizer(add_run: Callable[..., Path], lab: Path) -> None:
    add_tokenizer(add_run, "bpe")
    add_tokenizer(add_run, "bpe", 1)
    add_tokenizer(add_run, "pretrained", facts={"evaluations": {"bits_per_byte": "e" * 16}})
    add_tokenizer(add_run, "byte", facts={"status": "failed", "reason": "x"})
    assert read(lab).notes == []
    add_tokenizer(add_run, "byte", 1)
    (note,) = read(lab).notes
    assert note.startswith("The lengths of length_sweep are counted in tokens") and "share a tokenizer" in note
