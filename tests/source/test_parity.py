from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.errors import InputError
from wordorder.source.parity import Parity

LONG = SIZES | dict(val_lengths=[6, 12], test_lengths=[6, 24])


def test_the_oracle_solves_it_and_splits_share_no_prompt():
    check_examples(Parity(**LONG))


def test_the_answer_is_the_parity_of_the_set_bits_of_a_number():
    for _, document in examples(Parity(**LONG)):
        command, *row, equals, answer = document.text.split()
        assert (command, equals, len(row)) == ("parity:", "=", document.facts["length"])
        assert int(answer) == int("".join(row), base=2).bit_count() % 2


def test_a_change_of_any_bit_changes_the_answer():
    task = Parity(**LONG)
    for _, document in examples(task, most=20):
        prompt, (answer, _) = document.pieces()[0][0], document.pieces()[1]
        for at, letter in enumerate(prompt):
            if letter in "01":
                other = f"{prompt[:at]}{1 - int(letter)}{prompt[at + 1 :]}"
                assert {task.solve(other), answer} == {" 0", " 1"}


def test_worked_by_hand():
    solve = Parity(**LONG).solve
    assert [solve("parity: 0 ="), solve("parity: 1 ="), solve("parity: 1 1 0 1 =")] == [" 0", " 1", " 1"]


def test_bits_and_answers_are_even_chances():
    rng, task = Random(0), Parity(**LONG)
    drawn = [task.draw(8, rng) for _ in range(1000)]
    ones = sum(example.pieces[0][0].count("1") for example in drawn)
    odd = sum(example.pieces[1][0] == " 1" for example in drawn)
    assert abs(ones - 4000) < 5 * 2000**0.5 and abs(odd - 500) < 5 * 250**0.5  # five deviations
    assert {example.chance for example in drawn} == {0.5}


@pytest.mark.parametrize("split", ["val", "test"])
def test_lengths_that_lack_a_prompt_of_the_split_are_refused(split):
    with pytest.raises(InputError, match=rf"source.{split}_lengths=\[1, 2\].*length 1.*begin with a larger length"):
        list(Parity(**LONG | {f"{split}_lengths": [1, 2]}).documents(split))  # both prompts of one bit are train's
