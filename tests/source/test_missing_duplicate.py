from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.errors import InputError
from wordorder.source.missing_duplicate import MissingDuplicate

LENGTHS = dict(train_lengths=[6, 9], val_lengths=[6, 9], test_lengths=[6, 12])


def task(**changed):
    return MissingDuplicate(**SIZES | LENGTHS | changed)


def test_the_oracle_solves_it_and_splits_share_no_prompt():
    check_examples(task())


def test_worked_by_hand():
    assert task().solve("missing: 0 1 1 0 0 1 _ 0 =") == " 1"
    assert task().solve("missing: 1 0 1 1 _ 1 =") == " 0"
    assert task().solve("missing: _ 1 =") == " 1"


def test_the_oracle_is_right_for_every_row_and_place():
    for length in range(1, 6):
        for bits in product("01", repeat=length):
            for place in range(2 * length):
                shown = list(bits * 2)
                shown[place] = "_"
                assert task().solve(f"missing: {' '.join(shown)} =") == f" {bits[place % length]}"


@pytest.mark.parametrize("seed", range(40))
def test_the_answer_stands_a_row_before_or_after_the_gap(seed):
    length = 1 + seed
    example = task().draw(length, Random(seed))
    (given, _), (answer, asked) = example.pieces
    shown = given.split()[1:-1]
    place = example.facts["place"]
    assert asked and len(shown) == 2 * length and [n for n, bit in enumerate(shown) if bit == "_"] == [place]
    assert (
        answer == f" {shown[place - length]}"
    )  # from the first row, an index below 0 counts from the end of the second
    assert all(shown[n] == shown[n + length] for n in range(length) if place not in (n, n + length))
    assert example.chance == 1 / 2


def test_all_rows_and_places_are_equally_probable():
    rng, n = Random(10), 8000
    seen = Counter()
    for _ in range(n):
        example = task().draw(2, rng)
        seen["".join(text for text, _ in example.pieces)] += 1
    assert len(seen) == 16  # 4 rows, 4 places
    for count in seen.values():  # five standard deviations
        assert count / n == pytest.approx(1 / 16, abs=5 * (1 / 16 * 15 / 16 / n) ** 0.5)


def test_lengths_with_too_few_prompts_are_refused():
    with pytest.raises(InputError, match="begin with a larger length"):
        list(task(test_lengths=[1, 1]).documents("test"))
