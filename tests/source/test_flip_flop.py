from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.flip_flop import FlipFlop

LENGTHS = dict(train_lengths=[6, 9], val_lengths=[6, 9], test_lengths=[6, 12])


def task(**changed):
    return FlipFlop(**SIZES | LENGTHS | dict(ignore=0.8, test_ignores=[0.8]) | changed)


def instructions(example):
    """(letter, bit, whether the bit is scored) in order."""
    words = [(word, scored) for text, scored in example.pieces for word in text.split()]
    assert words[0] == ("flip_flop:", False) and words[-1] == ("|", False)
    letters, bits = words[1:-1:2], words[2:-1:2]
    assert not any(scored for _, scored in letters)
    return [(letter, bit, scored) for (letter, _), (bit, scored) in zip(letters, bits, strict=True)]


@pytest.mark.parametrize("changed", [{}, {"ignore": 0.1}, {"test_ignores": [0.98]}, {"test_ignores": [0.8, 0.98, 0.1]}])
def test_the_oracle_solves_it_and_splits_share_no_prompt(changed):
    check_examples(task(**changed))


def test_worked_by_hand():
    assert task().solve("flip_flop: w 0 i 1 r") == " 0"
    assert task().solve("flip_flop: w 0 i 1 r 0 w 1 r") == " 1"
    assert task().solve("flip_flop: w 1 r 1 i 0 i 0 r") == " 1"


@pytest.mark.parametrize("ignore", [0.1, 0.8, 0.98])
@pytest.mark.parametrize("seed", range(20))
def test_a_register_run_by_hand_reads_what_is_asked(seed, ignore):
    example = task(ignore=ignore).draw(2 + seed, Random(seed))
    done = instructions(example)
    assert len(done) == 2 + seed and done[0][0] == "w" and done[-1][0] == "r"
    register, age, ages = None, 0, []
    for letter, bit, scored in done:
        age += 1
        if letter == "w":
            register, age = bit, 0
        elif letter == "r":
            assert bit == register
            ages.append(age)
        assert scored == (letter == "r") and bit in "01"
    assert example.facts == {"ignore": ignore, "reads": len(ages), "distance": max(ages)}
    assert example.chance == pytest.approx(1 / len(list(product("01", repeat=len(ages)))))


@pytest.mark.parametrize("ignore", [0.1, 0.8, 0.98])
def test_instructions_and_bits_have_their_shares(ignore):
    rng, between, bits = Random(8), Counter(), Counter()
    for _ in range(200):
        done = instructions(task(ignore=ignore).draw(32, rng))
        between.update(letter for letter, _, _ in done[1:-1])
        bits.update((letter, bit) for letter, bit, _ in done if letter != "r")
    n = 200 * 30
    for letter, share in {"i": ignore, "w": (1 - ignore) / 2, "r": (1 - ignore) / 2}.items():
        assert between[letter] / n == pytest.approx(share, abs=5 * (share * (1 - share) / n) ** 0.5)  # five deviations
    for letter in "wi":
        drawn = bits[letter, "0"] + bits[letter, "1"]
        assert bits[letter, "0"] / drawn == pytest.approx(0.5, abs=5 * (0.25 / drawn) ** 0.5)


def test_all_test_ignores_meet_all_lengths_and_the_other_splits_have_their_own():
    found = Counter(
        (split, document.facts["ignore"], document.facts["length"])
        for split, document in examples(task(test_ignores=[0.98, 0.1], n_test=140))
    )
    assert {key for key in found if key[0] != "test"} == {
        (split, 0.8, length) for split in ("train", "val") for length in range(6, 10)
    }
    assert {key: count for key, count in found.items() if key[0] == "test"} == {
        ("test", ignore, length): 10 for ignore in (0.98, 0.1) for length in range(6, 13)
    }


def test_test_documents_ignore_as_often_as_their_fact_says():
    own = task(test_ignores=[1.0, 0.0], test_lengths=[12, 12])
    for split, document in examples(own):
        if split == "test":
            assert document.text.count(" i ") == 10 * document.facts["ignore"]
    assert own.ignore == 0.8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ignore": 1.1}, "ignore=1.1 must be a probability"),
        ({"ignore": -0.1}, "ignore=-0.1 must be a probability"),
        ({"test_ignores": []}, "test_ignores=[] must be probabilities"),
        ({"test_ignores": [0.8, 2.0]}, "test_ignores=[0.8, 2.0] must be probabilities"),
        ({"test_ignores": [0.1] * 16}, "n_test=110 must hold a document of each length and test_ignores, 112 of them"),
        ({"train_lengths": [1, 6]}, "train_lengths=[1, 6] must be [lowest, highest], the lowest at least 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError) as caught:
        task(**changed)
    assert str(caught.value).startswith(message)
