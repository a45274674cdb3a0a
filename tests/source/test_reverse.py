from collections import Counter
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.reverse import Reverse

BITS = dict(train_lengths=[1, 9], val_lengths=[6, 9], test_lengths=[6, 18])


def reverse(variant="once", n_symbols=26, **changed):
    return Reverse(variant=variant, n_symbols=n_symbols, **SIZES | changed)


@pytest.mark.parametrize("variant", ["once", "twice", "then_forward"])
def test_the_oracle_solves_it_and_splits_share_no_prompt(variant):
    check_examples(reverse(variant))
    check_examples(reverse(variant, n_symbols=2, **BITS))


@pytest.mark.parametrize("variant", ["once", "twice", "then_forward"])
def test_the_nth_symbol_of_the_answer_is_the_nth_from_the_end(variant):
    for _, document in examples(reverse(variant, n_symbols=62)):
        n = document.facts["length"]
        command, *row, equals = document.text.split()[: n + 2]
        assert (command, equals) == ("reverse:", "=")
        answer = document.text.split()[n + 2 :]
        assert all(answer[k] == row[n - 1 - k] for k in range(n))
        rest = answer[n:]
        match variant:
            case "once":
                assert not rest
            case "twice":
                assert rest == [";", *answer[:n]]
            case "then_forward":
                assert rest == [";", *row]


def test_worked_by_hand():
    assert reverse().solve("reverse: q =") == " q"
    assert reverse().solve("reverse: d o g s =") == " s g o d"
    assert reverse("twice").solve("reverse: o n =") == " n o ; n o"
    assert reverse("then_forward").solve("reverse: o n =") == " n o ; o n"


def test_symbols_are_drawn_each_as_often_as_any_other():
    rng, task = Random(0), reverse(n_symbols=2)
    drawn = Counter(word for _ in range(500) for word in task.draw(6, rng).pieces[0][0].split()[1:-1])
    assert sorted(drawn) == ["a", "b"]
    assert abs(drawn["a"] - 1500) < 5 * 1500**0.5  # deviations are below the root


@pytest.mark.parametrize("variant", ["once", "twice", "then_forward"])
def test_chance_is_one_over_the_answers_there_are(variant):
    rng, task = Random(0), reverse(variant, n_symbols=3)
    assert len({task.draw(3, rng).pieces[1] for _ in range(600)}) == 27
    assert task.draw(3, rng).chance == pytest.approx(1 / 27)


@pytest.mark.parametrize("n_symbols", [1, 63])
def test_symbols_that_there_are_not_are_refused(n_symbols):
    with pytest.raises(ValueError, match=f"n_symbols={n_symbols} must be 2 to 62"):
        reverse(n_symbols=n_symbols)
