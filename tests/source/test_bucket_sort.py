from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.bucket_sort import BucketSort

LENGTHS = dict(train_lengths=[4, 8], val_lengths=[4, 8], test_lengths=[4, 16])


def task(**changed):
    return BucketSort(**SIZES | LENGTHS | dict(n_symbols=5) | changed)


@pytest.mark.parametrize("n_symbols", [3, 5, 10])
def test_the_oracle_solves_it_and_splits_share_no_prompt(n_symbols):
    check_examples(task(n_symbols=n_symbols, train_lengths=[5, 8], val_lengths=[5, 8], test_lengths=[5, 16]))


def test_worked_by_hand():
    assert task().solve("bucket: 3 0 4 0 =") == " 0 0 3 4"
    assert task(n_symbols=10).solve("bucket: 9 8 7 7 =") == " 7 7 8 9"


@pytest.mark.parametrize("seed", range(40))
def test_the_answer_is_the_same_digits_never_falling(seed):
    example = task().draw(1 + seed, Random(seed))
    (given, _), (answer, asked) = example.pieces
    shown, put = given.split()[1:-1], answer.split()
    assert asked and len(shown) == 1 + seed and set(shown) <= set("01234")
    assert Counter(put) == Counter(shown)
    assert all(int(one) <= int(other) for one, other in zip(put, put[1:], strict=False))


@pytest.mark.parametrize(("n_symbols", "length"), [(2, 6), (5, 3), (5, 4), (10, 2)])
def test_chance_is_one_of_all_rows_in_order(n_symbols, length):
    rows = [
        row for row in product(range(n_symbols), repeat=length) if all(row[n] <= row[n + 1] for n in range(length - 1))
    ]
    assert task(n_symbols=n_symbols).draw(length, Random(0)).chance == pytest.approx(1 / len(rows))


def test_digits_are_uniform():
    rng, n = Random(12), 8000
    seen = Counter(task().draw(2, rng).pieces[0][0] for _ in range(n))
    assert len(seen) == 25
    for count in seen.values():  # five standard deviations
        assert count / n == pytest.approx(1 / 25, abs=5 * (1 / 25 * 24 / 25 / n) ** 0.5)


@pytest.mark.parametrize("n_symbols", [1, 11])
def test_kinds_that_are_not_digits_are_refused(n_symbols):
    with pytest.raises(ValueError, match=f"^n_symbols={n_symbols} must be 2 to 10"):
        task(n_symbols=n_symbols)
