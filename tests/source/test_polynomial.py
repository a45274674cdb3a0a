import re
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.polynomial import Polynomial


def test_the_oracle_solves_it_and_splits_share_no_prompt():
    check_examples(Polynomial(**SIZES))


def test_the_answer_is_what_python_makes_of_the_text():
    for _, document in examples(Polynomial(**SIZES)):
        x, terms, answer = re.fullmatch(r"x=(-?\d): (.*) = (\d)", document.text).groups()
        assert len(terms.split()) == document.facts["length"]
        value = eval(terms.replace("x^", " * x ** "), {"x": int(x)})
        assert int(answer) == value % 10


def test_worked_by_hand():
    solve = Polynomial(**SIZES).solve
    assert solve("x=0: +3x^0 -2x^1 =") == " 3"
    assert solve("x=-2: +3x^3 =") == " 6"  # -24
    assert solve("x=2: -1x^0 =") == " 9"
    assert solve("x=1: +0x^3 =") == " 0"


def test_values_are_drawn_from_their_ranges():
    rng, task = Random(0), Polynomial(**SIZES)
    texts = [task.draw(4, rng).pieces[0][0] for _ in range(300)]
    found = [re.findall(pattern, " ".join(texts)) for pattern in (r"x=(-?\d):", r"([+-]\d)x", r"\^(\d)")]
    assert [sorted({int(value) for value in values}) for values in found] == [
        [-2, -1, 0, 1, 2],
        [-3, -2, -1, 0, 1, 2, 3],
        [0, 1, 2, 3],
    ]


@pytest.mark.parametrize("length", [1, 2])
def test_chance_is_one_over_the_answers_there_are(length):
    terms = list(product(range(-3, 4), range(4)))
    answers = {sum(c * x**e for c, e in row) % 10 for x in range(-2, 3) for row in product(terms, repeat=length)}
    assert Polynomial(**SIZES).draw(length, Random(0)).chance == pytest.approx(1 / len(answers))
