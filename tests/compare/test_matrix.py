"""A cell is the mean over seeds of a scheme under a tokenizer, and stays empty where nothing was finished."""

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.matrix import SchemeTokenizerMatrix


@pytest.fixture
def comparison(add_run, lab):
    """Two schemes under two tokenizers; rope under bytes failed."""
    for position in ("none", "rope"):
        for name in ("bpe", "byte"):
            for seed in (0, 1):
                facts = {"choices": {"position": position, "tokenizer": name, "source": "python_docs", "model": "nano"}}
                facts |= {"digests": {"tokenizer": name, "data": "d", "weights": "w"}}
                facts |= {"status": "failed", "reason": "x"} if (position, name) == ("rope", "byte") else {}
                target = {"_target_": f"wordorder.tokenizer.{name}.X"}
                add_run(position, seed, shift=0.02 * seed, facts=facts, config={"tokenizer": target})
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
