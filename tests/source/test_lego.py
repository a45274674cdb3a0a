import re
from collections import Counter
from itertools import product
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.lego import Lego


def lego(order="chain", **changed):
    return Lego(order=order, **SIZES | changed)


def clauses(text: str) -> list[tuple[str, str, str]]:
    """(variable, sign, what it is set to) in the order of the text."""
    return re.findall(r"([a-z])=([+-])([a-z1])", text)


@pytest.mark.parametrize("order", ["chain", "shuffled"])
def test_the_oracle_solves_it_and_splits_share_no_prompt(order):
    check_examples(lego(order))


@pytest.mark.parametrize("order", ["chain", "shuffled"])
def test_of_all_assignments_one_fits_and_has_the_answer(order):
    for _, document in examples(lego(order, test_lengths=[2, 8]), most=60):
        said = clauses(document.text)
        names = [name for name, _, _ in said]
        assert len(set(names)) == len(names) == document.facts["length"]
        fits = []
        for values in product((-1, 1), repeat=len(names)):
            value_of = dict(zip(names, values, strict=True), **{"1": 1})
            if all(value_of[name] == int(f"{sign}1") * value_of[of] for name, sign, of in said):
                fits.append(value_of)
        asked, answer = re.search(r"; ([a-z]) = ([+-]1)$", document.text).groups()
        assert [value_of[asked] for value_of in fits] == [int(answer)]


@pytest.mark.parametrize("order", ["chain", "shuffled"])
def test_hops_lead_from_what_is_asked_to_the_first(order):
    hops = Counter()
    for _, document in examples(lego(order, train_lengths=[5, 5])):
        before = {name: of for name, _, of in clauses(document.text)}
        at, n = re.search(r"; ([a-z])", document.text)[1], 0
        while at != "1":
            at, n = before[at], n + 1
        assert document.facts["hops"] == n > document.facts["length"] // 2
        hops[n] += document.facts["length"] == 5
    assert {3, 4, 5} == {n for n in hops if hops[n]}


def test_clauses_stand_in_order_unless_shuffled():
    def in_order(text: str) -> bool:
        said = clauses(text)
        return [of for _, _, of in said] == ["1", *[name for name, _, _ in said[:-1]]]

    assert all(in_order(document.text) for _, document in examples(lego()))
    assert not all(in_order(document.text) for _, document in examples(lego("shuffled")))


def test_worked_by_hand():
    assert lego().solve("lego: a=-1 ; a =") == " -1"
    assert lego().solve("lego: a=-1 b=-a c=-b d=+c ; c =") == " -1"
    assert lego("shuffled").solve("lego: c=-b d=+c a=+1 b=-a ; d =") == " +1"


def test_signs_and_answers_are_even_chances():
    rng, task = Random(0), lego()
    drawn = [task.draw(4, rng) for _ in range(1000)]
    minus = sum(example.pieces[0][0].count("-") for example in drawn)
    negative = sum(example.pieces[1][0] == " -1" for example in drawn)
    assert abs(minus - 2000) < 5 * 1000**0.5 and abs(negative - 500) < 5 * 250**0.5  # five deviations
    assert {example.chance for example in drawn} == {0.5}


def test_the_alphabet_is_the_longest_chain():
    text = lego(test_lengths=[26, 26]).draw(26, Random(0)).pieces[0][0]
    assert sorted(name for name, _, _ in clauses(text)) == list("abcdefghijklmnopqrstuvwxyz")
    with pytest.raises(ValueError, match=r"test_lengths=\[2, 27\] .*the highest at most 26"):
        lego(test_lengths=[2, 27])
