import re
from collections import Counter
from itertools import permutations, product
from random import Random

import pytest
from tasks import SIZES, answers, check_examples, examples

from wordorder.source.mqar import MQAR, draw_slots

OWN = dict(pairs=0, slots=0, power=0.01, n_symbols=26)


def task(**changed):
    return MQAR(**SIZES | OWN | changed)


@pytest.mark.parametrize(
    "changed",
    [{}, {"slots": 12}, {"pairs": 4, "test_lengths": [2, 12]}, {"power": 1.0}, {"n_symbols": 12}],
    ids=["both grow", "pairs grow", "distance grows", "any slot", "few symbols"],
)
def test_the_oracle_solves_it_and_splits_share_no_prompt(changed):
    check_examples(task(**changed))


def test_worked_by_hand():
    assert task().solve("mqar: a A b B | . . b") == " B"
    assert task().solve("mqar: a A b B | . . b B a") == " A"
    assert task().solve("mqar: q Z z Q x X | z Q x X q") == " Z"


@pytest.mark.parametrize("seed", range(40))
def test_every_key_is_told_once_and_as_many_queries_as_pairs_ask_for_a_value_told(seed):
    length = 1 + seed % 12
    example = task().draw(length, Random(seed))
    told, asked, end = "".join(text for text, _ in example.pieces).removeprefix("mqar:").split("|")
    table = re.findall(r" ([a-z]) ([A-Z])", told)
    queries = re.findall(r" ([a-z]) ([A-Z])", asked)
    assert len(table) == len(dict(table)) == len({value for _, value in table}) == len(queries) == length
    assert set(queries) <= set(table)
    assert [text for text, scored in example.pieces if scored] == [f" {value}" for _, value in queries]
    assert asked.split().count(".") == 2 * (2 * length - length)  # 2 * length slots of two words
    assert end == "" and not example.pieces[-1][1]


@pytest.mark.parametrize("seed", range(20))
def test_distance_is_that_of_the_furthest_query_in_words(seed):
    example = task(power=1.0).draw(5, Random(seed))
    words = "".join(text for text, _ in example.pieces).split()
    places: dict[str, list[int]] = {}
    for n, word in enumerate(words):
        if re.fullmatch("[a-z]", word):
            places.setdefault(word, []).append(n)
    assert len(places) == 5
    assert example.facts["distance"] == max(last - first for first, *_, last in [[p[0], *p] for p in places.values()])
    gaps = {place: place - own[0] for own in places.values() for place in own[1:]}  # of each query, in their order
    assert example.facts["gap"] == [gaps[place] for place in sorted(gaps)]


def test_slots_follow_the_power_law_without_replacement():
    """All ways to give 4 slots to 2 pairs: the first by its weight, the second by its weight among what is left."""
    weights = [gap ** (0.3 - 1) for gap in (1, 2, 3, 4)]
    expected = {
        (one, other): weights[one] / sum(weights) * weights[other] / (sum(weights) - weights[one])
        for one, other in permutations(range(4), 2)
    }
    assert sum(expected.values()) == pytest.approx(1)
    rng, n = Random(1), 20_000
    seen = Counter(tuple(draw_slots(2, 4, 0.3, rng)) for _ in range(n))
    assert set(seen) == set(expected)
    for slots, share in expected.items():  # five standard deviations of a share of n draws
        assert seen[slots] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


@pytest.mark.parametrize("power", [0.01, 1.0])
def test_a_lone_key_is_asked_after_a_gap_of_the_power_law(power):
    mqar, rng, n = task(pairs=1, power=power), Random(2), 3000
    seen = Counter()
    for _ in range(n):
        words = "".join(text for text, _ in mqar.draw(4, rng).pieces).split()
        seen[(words.index(words[1], 2) - 4) // 2] += 1  # three words are told, then the border
    total = sum(gap ** (power - 1) for gap in range(1, 9))
    for gap in range(1, 9):
        share = gap ** (power - 1) / total
        assert seen[gap - 1] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


def test_what_was_asked_says_nothing_of_what_is_asked_next():
    mqar, rng, n = task(), Random(3), 4000
    again = first = 0
    for _ in range(n):
        one, other = [text for text, scored in mqar.draw(2, rng).pieces if scored]
        again += one == other
    for _ in range(n):
        words = "".join(text for text, _ in mqar.draw(2, rng).pieces).split()
        first += next(word for word in words[6:] if word != ".") == words[1]
    for count in (again, first):  # five standard deviations
        assert count / n == pytest.approx(1 / 2, abs=5 * (1 / 4 / n) ** 0.5)


@pytest.mark.parametrize(
    ("changed", "pairs", "slots"),
    [
        ({}, {2, 3, 4, 5, 6}, {4, 6, 8, 10, 12}),
        ({"slots": 12}, {2, 3, 4, 5, 6}, {12}),
        ({"pairs": 3}, {3}, {4, 6, 8, 10, 12}),
    ],
)
def test_length_is_pairs_or_distance_or_both(changed, pairs, slots):
    found = [document for split, document in examples(task(**changed)) if split == "train"]
    assert {document.facts["pairs"] for document in found} == pairs
    assert {document.facts["slots"] for document in found} == slots
    for document in found:
        words = document.text.split()
        assert len(words) == 1 + 2 * document.facts["pairs"] + 1 + 2 * document.facts["slots"] + 1
        assert len(answers(document)) == document.facts["pairs"]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_chance_is_the_share_of_all_guesses_that_are_right(length):
    example = task().draw(length, Random(0))
    told = re.findall(" [A-Z]", example.pieces[0][0])
    guesses = list(product(told, repeat=length))
    right = tuple(text for text, scored in example.pieces if scored)
    assert example.chance == pytest.approx(guesses.count(right) / len(guesses))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_symbols": 27}, "n_symbols=27 must be 1 to 26"),
        ({"n_symbols": 0}, "n_symbols=0 must be"),
        ({"pairs": -1}, "pairs=-1 must be"),
        ({"pairs": 9, "n_symbols": 8}, "pairs=9 must be 0 (as many as the length) to n_symbols=8"),
        ({"slots": -1}, "slots=-1 must be"),
        ({"pairs": 4, "slots": 8}, "slots=8 must be 0"),
        ({"power": 0.0}, "power=0.0 must be above 0"),
        (
            {"n_symbols": 11},
            "test_lengths=[2, 12] must be [lowest, highest], the lowest at least 1 and the highest at most 11",
        ),
        (
            {"slots": 11},
            "test_lengths=[2, 12] must be [lowest, highest], the lowest at least 1 and the highest at most 11",
        ),
        ({"pairs": 5}, "train_lengths=[2, 6] must be [lowest, highest], the lowest at least 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError) as caught:
        task(**changed)
    assert str(caught.value).startswith(message)
