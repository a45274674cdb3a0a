"""A grammar small enough to be worked by hand: what texts there are, how probable, and what they come to on average."""

import math
from collections import Counter
from random import Random

import pytest

from wordorder.source.derivation import BITS, Rule, derive, expect

# S -> "a" (3/4) | "b" S (1/4): "a", "ba", "bba", ...
RULES = {"S": Rule([("a",), ("b", "S")], [3, 1])}


def test_bits_of_a_text_are_those_of_its_choices():
    draw = Random(0)
    for _ in range(200):
        text, bits = derive(RULES, "S", draw)
        assert text == "b" * (len(text) - 1) + "a"
        assert bits == pytest.approx(2 * (len(text) - 1) - math.log2(3 / 4), rel=1e-12)


def test_texts_are_as_frequent_as_their_probability_says():
    draw, n = Random(1), 20_000
    found = Counter(derive(RULES, "S", draw)[0] for _ in range(n))
    for length in (1, 2, 3):
        p = 0.75 * 0.25 ** (length - 1)
        assert abs(found["b" * (length - 1) + "a"] / n - p) < 5 * math.sqrt(p * (1 - p) / n)  # five standard deviations


def test_averages_are_those_of_the_geometric_distribution():
    """4/3 letters on average, and as many choices, each of the entropy of one in four."""
    entropy = 0.75 * math.log2(4 / 3) + 0.25 * 2
    assert expect(RULES, "S") == pytest.approx((4 / 3 * entropy, 4 / 3), rel=1e-9)


def test_bytes_are_counted_and_not_letters():
    assert expect({"S": Rule([("é",), ("x",)], [1, 1])}, "S") == pytest.approx((1.0, 1.5), rel=1e-9)


@pytest.mark.parametrize("weights", [[1], [1, 2], [1, 1, 1], [10**9, 1], list(range(1, 50))])
def test_weights_become_whole_multiples_that_leave_nothing(weights):
    rule = Rule([(str(n),) for n in range(len(weights))], weights)
    assert sum(rule.counts) == 2**BITS
    for count, bits, weight in zip(rule.counts, rule.bits, weights, strict=True):
        assert abs(count / 2**BITS - weight / sum(weights)) <= len(weights) / 2**BITS
        assert bits == pytest.approx(BITS - math.log2(count), abs=1e-9)
