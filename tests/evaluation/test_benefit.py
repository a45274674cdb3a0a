"""The worth of a longer context against counts by hand, and its interval against the normal approximation."""

import math

import numpy as np
import pytest

from wordorder.evaluation.base import Item
from wordorder.evaluation.benefit import METRICS, benefit, interval

OWN = ("item", "document")


def items(nats: list[float], documents: list[int], n_bytes: float = 10.0, **facts) -> list[Item]:
    return [
        Item(facts | {"item": n, "document": document}, {"nats": value, "bytes": n_bytes, "tokens": 4.0})
        for n, (value, document) in enumerate(zip(nats, documents, strict=True))
    ]


def test_nats_that_are_saved_are_divided_by_all_bytes_once():
    short, long = items([5.0, 6.0, 7.0], [0, 0, 1], length=1), items([4.0, 6.5, 4.0], [0, 0, 1], length=2)
    whole, low, high = benefit(short, long[::-1], apart=OWN)  # items in another order
    assert [score.metric for score in (whole, low, high)] == list(METRICS)
    assert whole.facts == low.facts == {"length": 2} and whole.count == 12
    assert whole.value == pytest.approx((1 - 0.5 + 3) / (30 * math.log(2)))
    # Of two documents a quarter of all draws holds one of them twice: the interval is from one to the other.
    assert low.value == pytest.approx(0.5 / (20 * math.log(2))) and high.value == pytest.approx(3 / (10 * math.log(2)))


def test_the_interval_over_many_documents_is_that_of_the_normal_approximation():
    draw = np.random.default_rng(5)
    n_bytes = draw.uniform(50, 150, size=400)
    gain = 0.1 * n_bytes + draw.normal(0, 20, size=400)
    low, high = interval(gain, n_bytes)
    mean = gain.sum() / n_bytes.sum()
    error = 1.96 * np.sqrt(((gain - mean * n_bytes) ** 2).sum()) / n_bytes.sum()
    assert low * math.log(2) == pytest.approx(mean - error, abs=0.12 * error)
    assert high * math.log(2) == pytest.approx(mean + error, abs=0.12 * error)


def test_blocks_of_one_document_stay_together():
    """A hundred blocks that all gain alike in each of two documents are two observations."""
    short = items([3.0] * 200, [0] * 100 + [1] * 100)
    long = items([2.0] * 100 + [4.0] * 100, [0] * 100 + [1] * 100)
    whole, low, high = benefit(short, long, apart=OWN)
    assert whole.value == pytest.approx(0) and high.value == -low.value == pytest.approx(0.1 / math.log(2))


def test_one_document_has_a_benefit_and_no_interval():
    whole, low, high = benefit(items([3.0, 3.0], [4, 4]), items([2.0, 2.0], [4, 4]), apart=OWN)
    assert whole.value == pytest.approx(0.1 / math.log(2))
    assert (low.value, low.why) == (high.value, high.why) == (None, "one document gives no interval")


def test_what_was_not_scored_or_is_no_text_has_no_benefit():
    out = [Item({"length": 2, "why": "ends at position 1"}, {})]
    for score in benefit(items([3.0], [0]), out, apart=OWN):
        assert (score.value, score.why, score.facts) == (None, "ends at position 1", {"length": 2})
    empty = items([0.0], [0], n_bytes=0.0)
    assert all(score.value is None and score.why for score in benefit(empty, empty, apart=OWN))
