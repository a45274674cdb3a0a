"""A cell is the mean over seeds of a scheme under a tokenizer, and stays empty where nothing was finished."""

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.matrix import SchemeTokenizerMatrix


def add(add_run, position, name, seed=0, *, shift=0.0, lr=0.001, **facts):
    facts |= {"choices": {"position": position, "tokenizer": name, "source": "python_docs", "model": "nano"}}
    facts |= {"digests": {"tokenizer": name, "data": "d", "weights": "w"}}
    config = {"tokenizer": {"_target_": f"wordorder.tokenizer.{name}.X"}, "optimizer": {"lr": lr}}
    add_run(position, seed, shift=shift, facts=facts, config=config)


@pytest.fixture
def comparison(add_run, lab):
    """Two schemes under two tokenizers; rope under bytes failed."""
    for position in ("none", "rope"):
        for name in ("bpe", "byte"):
            for seed in (0, 1):
                failed = {"status": "failed", "reason": "x"} if (position, name) == ("rope", "byte") else {}
                add(add_run, position, name, seed, shift=0.02 * seed, **failed)
    return compare(lab, baseline="", figures=[])


def test_cells_are_means_over_seeds(comparison):
    cells = SchemeTokenizerMatrix().cells(comparison)
    assert cells.loc["none"].to_dict() == pytest.approx({"bpe": 2.695 + 0.11, "byte": 2.695 + 0.11})
    assert cells.loc["rope", "bpe"] == pytest.approx(2.563 + 0.11) and cells.isna().loc["rope", "byte"]


def test_every_number_stands_in_its_cell(comparison):
    (axes,) = SchemeTokenizerMatrix().draw(comparison).axes
    assert sorted(text.get_text() for text in axes.texts) == ["2.673", "2.805", "2.805"]


def test_one_tokenizer_needs_no_matrix(add_run, lab):
    add_run("none")
    add_run("rope")
    assert SchemeTokenizerMatrix().is_empty(compare(lab, baseline="", figures=[]))


def test_several_arms_of_one_cell_leave_it_out_and_are_named(add_run, lab):
    for position in ("none", "rope"):
        for name in ("bpe", "byte"):
            add(add_run, position, name)
    add(add_run, "rope", "byte", shift=0.5, lr=0.01)
    comparison, figure = compare(lab, baseline="", figures=[]), SchemeTokenizerMatrix()
    assert figure.cells(comparison).isna().to_numpy().tolist() == [[False, False], [False, True]]
    said = "Left out for having several arms, which differ in a third thing: rope with byte (2)."
    assert figure.notes(comparison) == [said] and not figure.is_empty(comparison)
    for position, name in (("none", "bpe"), ("none", "byte"), ("rope", "bpe")):
        add(add_run, position, name, lr=0.01)
    comparison = compare(lab, baseline="", figures=[])
    assert figure.is_empty(comparison) and "rope with byte (2)" in figure.say_empty(comparison)


def test_without_a_finished_run_there_is_no_matrix_and_nothing_said(add_run, lab):
    add(add_run, "rope", "byte", status="failed", reason="x")
    comparison, figure = compare(lab, baseline="", figures=[]), SchemeTokenizerMatrix()
    assert figure.is_empty(comparison) and figure.say_empty(comparison) == ""
