from collections import Counter
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.indirect_indexing import IndirectIndexing


def task(**changed):
    return IndirectIndexing(**SIZES | dict(most_shift=5) | changed)


def parts(example):
    """The letters, which of them is given, the shift, the answer."""
    (given, _), (answer, asked) = example.pieces
    prefix, *letters, border, letter, sign, size, end = given.split()
    assert (prefix, border, end, asked) == ("index:", "|", "=", True) and sign in "+-"
    return letters, letter, int(size) * (1 if sign == "+" else -1), answer


@pytest.mark.parametrize("changed", [{}, {"most_shift": 1}, {"most_shift": 15, "test_lengths": [40, 52]}])
def test_the_oracle_solves_it_and_splits_share_no_prompt(changed):
    check_examples(task(**changed))


def test_worked_by_hand():
    assert task().solve("index: Q c f X b | c + 2 =") == " X"
    assert task().solve("index: Q c f X b | b - 4 =") == " Q"
    assert task(most_shift=15).solve("index: a b c d e f g h i j k l m | m - 12 =") == " a"


@pytest.mark.parametrize("seed", range(60))
def test_walking_from_the_letter_step_by_step_ends_at_the_answer(seed):
    length = 2 + seed % 51
    example = task().draw(length, Random(seed))
    letters, letter, shift, answer = parts(example)
    assert len(letters) == len(set(letters)) == length and letters.count(letter) == 1
    row = iter(letters) if shift > 0 else iter(letters[::-1])
    while next(row) != letter:
        pass
    for _ in range(abs(shift)):
        reached = next(row)  # raises StopIteration where the shift leads out of the row
    assert answer == f" {reached}"
    assert example.facts == {"shift": shift, "place": letters.index(reached)}
    assert example.chance == pytest.approx(1 / length)


@pytest.mark.parametrize(("length", "furthest"), [(3, 2), (12, 5)])
def test_shifts_are_uniform_as_far_as_the_length_allows_and_places_uniform_for_each(length, furthest):
    rng, n = Random(9), 12_000
    seen = Counter()
    for _ in range(n):
        facts = task().draw(length, rng).facts
        seen[facts["shift"], facts["place"]] += 1
    expected = {}
    for shift in [*range(-furthest, 0), *range(1, furthest + 1)]:
        reached = [place for place in range(length) if 0 <= place - shift < length]
        expected |= {(shift, place): 1 / (2 * furthest) / len(reached) for place in reached}
    assert set(seen) == set(expected) and sum(expected.values()) == pytest.approx(1)
    for key, share in expected.items():  # five standard deviations
        assert seen[key] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"most_shift": 0}, "most_shift=0 must be at least 1"),
        (
            {"test_lengths": [2, 53]},
            "test_lengths=[2, 53] must be [lowest, highest], the lowest at least 2 and the highest at most 52",
        ),
        ({"val_lengths": [1, 6]}, "val_lengths=[1, 6] must be [lowest, highest], the lowest at least 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError) as caught:
        task(**changed)
    assert str(caught.value).startswith(message)
