from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.even_pairs import EvenPairs

LENGTHS = dict(train_lengths=[8, 12], val_lengths=[8, 12], test_lengths=[8, 24])


def task(**changed):
    return EvenPairs(**SIZES | LENGTHS | changed)


def test_the_oracle_solves_it_and_splits_share_no_prompt():
    check_examples(task())


def test_worked_by_hand():
    assert task().solve("pairs: 0 1 1 0 =") == " 0"  # 01 and 10 differ
    assert task().solve("pairs: 0 1 1 1 =") == " 1"  # 01 differs
    assert task().solve("pairs: 1 =") == " 0"


def test_unequal_neighbours_are_even_exactly_where_the_ends_agree():
    for length in range(1, 9):
        for bits in product("01", repeat=length):
            assert task().solve(f"pairs: {' '.join(bits)} =") == f" {int(bits[0] != bits[-1])}"


@pytest.mark.parametrize("seed", range(40))
def test_the_answer_counts_unequal_neighbours(seed):
    example = task().draw(1 + seed, Random(seed))
    (given, _), (answer, asked) = example.pieces
    bits = "".join(given.split()[1:-1])
    assert asked and len(bits) == 1 + seed and example.chance == 1 / 2
    n_unequal = sum(bits[n : n + 2] in ("01", "10") for n in range(seed))
    assert answer == (" 1" if n_unequal % 2 else " 0")


def test_all_rows_are_equally_probable_and_so_are_both_answers():
    rng, n = Random(11), 8000
    seen = Counter("".join(text for text, _ in task().draw(4, rng).pieces) for _ in range(n))
    assert len(seen) == 16 and Counter(text[-1] for text in seen) == {"0": 8, "1": 8}
    for count in seen.values():  # five standard deviations
        assert count / n == pytest.approx(1 / 16, abs=5 * (1 / 16 * 15 / 16 / n) ** 0.5)
