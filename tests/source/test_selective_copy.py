from collections import Counter
from itertools import combinations
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.selective_copy import SelectiveCopy


def task(**changed):
    return SelectiveCopy(**SIZES | dict(blanks=3, n_symbols=14) | changed)


@pytest.mark.parametrize("changed", [{}, {"blanks": 0}, {"n_symbols": 26, "blanks": 1}])
def test_the_oracle_solves_it_and_splits_share_no_prompt(changed):
    check_examples(task(**changed))


def test_worked_by_hand():
    assert task().solve("select: . c . . . a . . =") == " c a"
    assert task().solve("select: b b . =") == " b b"


@pytest.mark.parametrize("seed", range(40))
def test_the_answer_is_what_is_left_without_blanks(seed):
    length = 1 + seed % 12
    example = task().draw(length, Random(seed))
    (given, _), (answer, asked) = example.pieces
    shown = given.split()[1:-1]
    assert asked and len(shown) == 4 * length == example.facts["places"]
    assert shown.count(".") == 3 * length
    kept = [word for word in shown if word != "."]
    assert answer == "".join(f" {word}" for word in kept) and set(kept) <= set("abcdefghijklmn")


def test_all_choices_of_places_are_equally_probable():
    rng, n = Random(4), 6000
    seen = Counter()
    for _ in range(n):
        shown = task(blanks=1).draw(2, rng).pieces[0][0].split()[1:-1]
        seen[tuple(place for place, word in enumerate(shown) if word != ".")] += 1
    assert set(seen) == set(combinations(range(4), 2))
    for count in seen.values():  # five standard deviations of a share of 1/6
        assert count / n == pytest.approx(1 / 6, abs=5 * (1 / 6 * 5 / 6 / n) ** 0.5)


def test_letters_are_uniform_and_so_chance_counts_all_rows_of_them():
    rng, n = Random(5), 6000
    few = task(n_symbols=3)
    seen = Counter(few.draw(2, rng).pieces[1][0] for _ in range(n))
    assert few.draw(2, rng).chance == pytest.approx(1 / len(seen)) == pytest.approx(1 / 9)
    for count in seen.values():  # five standard deviations of a share of 1/9
        assert count / n == pytest.approx(1 / 9, abs=5 * (1 / 9 * 8 / 9 / n) ** 0.5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"blanks": -1}, "blanks=-1 must be 0 or more"),
        ({"n_symbols": 27}, "n_symbols=27 must be 2 to 26"),
        ({"n_symbols": 1}, "n_symbols=1 must be 2 to 26"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError) as caught:
        task(**changed)
    assert str(caught.value).startswith(message)
