from collections import Counter
from itertools import permutations
from math import prod
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.induction import Induction

RECALL = dict(variant="recall", n_symbols=8)
REPEAT = dict(variant="repeat", n_symbols=52)


def task(**changed):
    return Induction(**SIZES | RECALL | changed)


def words_of(example):
    """(word, whether it is scored) in order."""
    return [(word, scored) for text, scored in example.pieces for word in text.split()]


@pytest.mark.parametrize("changed", [{}, {"n_symbols": 26}, REPEAT, REPEAT | {"n_symbols": 12}])
def test_the_oracle_solves_it_and_splits_share_no_prompt(changed):
    check_examples(task(**changed))


def test_worked_by_hand():
    assert task().solve("induction: c A f B c") == " A"
    assert task().solve("induction: c A f B c A f") == " B"
    assert task(**REPEAT).solve("induction: | c f a |") == " c f a"


@pytest.mark.parametrize("seed", range(40))
def test_recall_asks_exactly_the_values_whose_key_was_seen(seed):
    words = words_of(task().draw(2 + seed, Random(seed)))[1:-1]
    keys, values = words[::2], words[1::2]
    assert len(keys) == len(values) == 2 + seed
    for n, (key, scored) in enumerate(keys):
        before = [value for (other, _), (value, _) in zip(keys[:n], values[:n], strict=True) if other == key]
        assert not scored and values[n][1] == bool(before)
        assert set(before) <= {values[n][0]}
    assert values[-1][1]  # the last key is one of those seen


@pytest.mark.parametrize("seed", range(40))
def test_repeat_is_solved_by_what_followed_the_last_time(seed):
    length = 2 + seed
    words = [word for word, _ in words_of(task(**REPEAT).draw(length, Random(seed)))]
    first, second = words[2 : 2 + length], words[3 + length : 3 + 2 * length]
    assert len(set(first)) == length and first == second
    for n in range(3 + length, 3 + 2 * length):
        last = max(m for m in range(n - 1) if words[m] == words[n - 1])
        assert words[last + 1] == words[n]


@pytest.mark.parametrize("own", [RECALL, REPEAT], ids=["recall", "repeat"])
def test_the_end_is_not_asked(own):
    assert words_of(task(**own).draw(5, Random(0)))[-1] == ("|", False)


def test_keys_and_values_are_uniform():
    rng, n = Random(3), 4000
    first = Counter()
    for _ in range(n):
        words = words_of(task(n_symbols=4).draw(2, rng))
        first[words[1][0], words[2][0]] += 1
    assert len(first) == 16
    for count in first.values():  # five standard deviations of a share of 1/16
        assert count / n == pytest.approx(1 / 16, abs=5 * (1 / 16 * 15 / 16 / n) ** 0.5)


@pytest.mark.parametrize("seed", range(20))
def test_chance_of_recall_is_one_of_the_values_seen(seed):
    example = task().draw(8, Random(seed))
    seen, shares = [], []
    for word, scored in words_of(example)[1:-1]:
        shares += [seen.count(word) / len(seen)] if scored else []
        seen += [word] if word.isupper() and word not in seen else []
    assert example.chance == pytest.approx(prod(shares))
    assert example.facts["answers"] == len(shares)


@pytest.mark.parametrize("seed", range(20))
def test_the_gap_of_an_answer_is_how_many_words_ago_its_key_came_last(seed):
    example = task().draw(12, Random(seed))
    words, gaps = words_of(example), []
    for n, (_, scored) in enumerate(words):
        if scored:
            key = words[n - 1][0]
            gaps.append(next(gap for gap in range(1, n) if words[n - 1 - gap][0] == key))
    assert example.facts["gap"] == gaps and len(gaps) == example.facts["answers"]


def test_chance_of_repeat_is_one_of_all_rows():
    rows = list(permutations("abcde", 3))
    assert task(**REPEAT | {"n_symbols": 12}).draw(3, Random(0)).chance == pytest.approx(1 / (12 * 11 * 10))
    five = task(variant="repeat", n_symbols=5, test_lengths=[2, 5], train_lengths=[2, 5], val_lengths=[2, 5])
    assert five.draw(3, Random(0)).chance == pytest.approx(1 / len(rows))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_symbols": 27}, "n_symbols=27 must be 2 to 26 letters for variant=recall"),
        ({"n_symbols": 1}, "n_symbols=1 must be 2 to 26"),
        (REPEAT | {"n_symbols": 53}, "n_symbols=53 must be 2 to 52 letters for variant=repeat"),
        (
            REPEAT | {"n_symbols": 11},
            "test_lengths=[2, 12] must be [lowest, highest], the lowest at least 2 and the highest at most 11",
        ),
        ({"train_lengths": [1, 6]}, "train_lengths=[1, 6] must be [lowest, highest], the lowest at least 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError) as caught:
        task(**changed)
    assert str(caught.value).startswith(message)
