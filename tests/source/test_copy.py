from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.copy import Copy


def copy(variant="words", n_symbols=26, **changed):
    return Copy(variant=variant, n_symbols=n_symbols, **SIZES | changed)


@pytest.mark.parametrize(("variant", "n_symbols"), [("words", 26), ("same", 62), ("twice", 26)])
def test_the_oracle_solves_it_and_splits_share_no_prompt(variant, n_symbols):
    check_examples(copy(variant, n_symbols))


@pytest.mark.parametrize("variant", ["words", "same", "twice"])
def test_the_answer_is_the_row_as_often_as_asked(variant):
    for _, document in examples(copy(variant, n_symbols=62)):
        command, *row, equals = document.text.split()[: document.facts["length"] + 2]
        assert (command, equals) == ("copy:", "=")
        answer = document.text.split()[document.facts["length"] + 2 :]
        assert answer == ([*row, ";", *row] if variant == "twice" else row)
        assert len(set(row)) == 1 or variant != "same"


def test_worked_by_hand():
    assert copy().solve("copy: q =") == " q"
    assert copy().solve("copy: b a n a n a =") == " b a n a n a"
    assert copy("same").solve("copy: Z Z =") == " Z Z"
    assert copy("twice").solve("copy: a b =") == " a b ; a b"


def test_symbols_are_drawn_each_as_often_as_any_other():
    rng, task = Random(0), copy(n_symbols=5)
    drawn = Counter(word for _ in range(500) for word in task.draw(6, rng).pieces[0][0].split()[1:-1])
    assert sorted(drawn) == list("abcde")
    assert all(abs(count - 600) < 5 * 600**0.5 for count in drawn.values())  # deviations are below the root


@pytest.mark.parametrize(("variant", "n_answers"), [("words", 27), ("twice", 27), ("same", 3)])
def test_chance_is_one_over_the_answers_there_are(variant, n_answers):
    rng, task = Random(0), copy(variant, n_symbols=3)
    assert len(list(product("abc", repeat=3))) == 27
    assert len({task.draw(3, rng).pieces[1] for _ in range(600)}) == n_answers
    assert task.draw(3, rng).chance == pytest.approx(1 / n_answers)


@pytest.mark.parametrize("n_symbols", [1, 63])
def test_symbols_that_there_are_not_are_refused(n_symbols):
    with pytest.raises(ValueError, match=f"n_symbols={n_symbols} must be 2 to 62"):
        copy(n_symbols=n_symbols)
