from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.summation import Summation


def test_the_oracle_solves_it_and_splits_share_no_prompt():
    check_examples(Summation(**SIZES))


def test_the_answer_is_where_a_pointer_on_a_dial_of_ten_stops():
    for _, document in examples(Summation(**SIZES)):
        command, *row, equals, answer = document.text.split()
        assert (command, equals, len(row)) == ("sum:", "=", document.facts["length"])
        at = 0
        for digit in row:
            for _ in range(int(digit)):
                at = 0 if at == 9 else at + 1
        assert answer == str(at)


def test_worked_by_hand():
    solve = Summation(**SIZES).solve
    assert [solve("sum: 7 ="), solve("sum: 5 5 ="), solve("sum: 9 9 9 =")] == [" 7", " 0", " 7"]


def test_digits_are_1_to_9_each_as_often_as_any_other():
    rng, task = Random(0), Summation(**SIZES)
    drawn = Counter(word for _ in range(900) for word in task.draw(6, rng).pieces[0][0].split()[1:-1])
    assert sorted(drawn) == list("123456789")
    assert all(abs(count - 600) < 5 * 600**0.5 for count in drawn.values())  # deviations are below the root


@pytest.mark.parametrize("length", [1, 2, 3])
def test_chance_is_one_over_the_answers_there_are(length):
    answers = {sum(row) % 10 for row in product(range(1, 10), repeat=length)}
    assert Summation(**SIZES).draw(length, Random(0)).chance == pytest.approx(1 / len(answers))
