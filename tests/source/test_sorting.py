from collections import Counter
from itertools import pairwise, product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.sorting import Sorting


def sorting(variant="letters"):
    return Sorting(variant=variant, **SIZES)


@pytest.mark.parametrize("variant", ["letters", "numbers"])
def test_the_oracle_solves_it_and_splits_share_no_prompt(variant):
    check_examples(sorting(variant))


@pytest.mark.parametrize(("variant", "value"), [("letters", ord), ("numbers", int)])
def test_the_answer_holds_the_same_items_and_never_falls(variant, value):
    for _, document in examples(sorting(variant)):
        n = document.facts["length"]
        command, *row, equals = document.text.split()[: n + 2]
        answer = document.text.split()[n + 2 :]
        assert (command, equals) == ("sort:", "=")
        assert Counter(answer) == Counter(row)
        assert all(value(one) <= value(other) for one, other in pairwise(answer))


def test_worked_by_hand():
    assert sorting().solve("sort: z =") == " z"
    assert sorting().solve("sort: b a n a n a =") == " a a a b n n"
    assert sorting("numbers").solve("sort: 100 99 1000 10 =") == " 10 99 100 1000"


def test_letters_and_numbers_are_drawn_from_all_there_are():
    rng = Random(0)
    letters = Counter(word for _ in range(520) for word in sorting().draw(5, rng).pieces[0][0].split()[1:-1])
    assert sorted(letters) == list("abcdefghijklmnopqrstuvwxyz")
    assert all(abs(count - 100) < 5 * 100**0.5 for count in letters.values())  # deviations are below the root
    drawn = (word for _ in range(1000) for word in sorting("numbers").draw(5, rng).pieces[0][0].split()[1:-1])
    numbers = [int(word) for word in drawn]
    assert 10 <= min(numbers) < 30 and 9970 < max(numbers) <= 9999  # each end is missed once in e^10


@pytest.mark.parametrize("length", [1, 2, 3])
def test_chance_is_one_over_the_sorted_lists_there_are(length):
    lists = {tuple(sorted(row)) for row in product(range(26), repeat=length)}
    assert sorting().draw(length, Random(0)).chance == pytest.approx(1 / len(lists))
    assert sorting("numbers").draw(1, Random(0)).chance == pytest.approx(1 / len(range(10, 10000)))
