from collections import Counter
from random import Random

import pytest
from tasks import SIZES, check_examples

from wordorder.source.passkey import FILLER, Passkey


def task(**changed):
    return Passkey(**SIZES | dict(digits=3) | changed)


@pytest.mark.parametrize("digits", [1, 3, 5])
def test_the_oracle_solves_it_and_splits_share_no_prompt(digits):
    check_examples(task(digits=digits))


def test_worked_by_hand():
    assert task().solve("passkey: sun key 4 0 7 hat owl key") == " 4 0 7"
    assert task().solve("passkey: key 9 9 9 sun key") == " 9 9 9"
    assert task().solve("passkey: sun key 0 1 2 key") == " 0 1 2"


def test_filler_is_fifty_words_of_three_letters_that_are_not_the_key():
    assert len(set(FILLER)) == len(FILLER) == 50
    assert {len(word) for word in FILLER} == {3} and "key" not in FILLER and all(word.isalpha() for word in FILLER)


@pytest.mark.parametrize("seed", range(40))
def test_text_is_filler_around_one_statement_and_a_question(seed):
    length = 1 + seed
    example = task().draw(length, Random(seed))
    (given, _), (answer, asked) = example.pieces
    words = given.split()[1:]
    told = words.index("key")
    assert asked and words[-1] == "key" and words[told + 1 : told + 4] == answer.split()
    filler = words[:told] + words[told + 4 : -1]
    assert len(filler) == length and set(filler) <= set(FILLER)
    assert example.facts["distance"] == len(words) - 1 - (told + 4)
    assert example.facts["depth"] / 8 <= told / (length + 1) < (example.facts["depth"] + 1) / 8


def test_depth_is_uniform_from_the_first_place_to_the_last():
    rng, n = Random(6), 6000
    places, depths = Counter(), Counter()
    for _ in range(n):
        example = task().draw(15, rng)  # 16 places, two in each eighth
        places[example.pieces[0][0].split().index("key") - 1] += 1
        depths[example.facts["depth"]] += 1
    assert sorted(places) == list(range(16)) and sorted(depths) == list(range(8))
    for counts, share in ((places, 1 / 16), (depths, 1 / 8)):
        for count in counts.values():  # five standard deviations
            assert count / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)


def test_digits_are_uniform_and_so_chance_counts_all_rows_of_them():
    rng, n = Random(7), 6000
    one = task(digits=1)
    seen = Counter(one.draw(3, rng).pieces[1][0] for _ in range(n))
    assert one.draw(3, rng).chance == pytest.approx(1 / len(seen)) == pytest.approx(0.1)
    for count in seen.values():  # five standard deviations
        assert count / n == pytest.approx(0.1, abs=5 * (0.09 / n) ** 0.5)
    assert task(digits=3).draw(3, rng).chance == pytest.approx(0.001)


def test_a_key_without_digits_is_refused():
    with pytest.raises(ValueError, match="^digits=0 must be at least 1"):
        task(digits=0)
