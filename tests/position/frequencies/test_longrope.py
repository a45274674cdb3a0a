"""LongRoPE against Hugging Face's table on random lists, the length at which it switches, and the squared gain."""

import math
import random

import pytest
import torch
from rotary import ROUNDED, hugging_face, logit

from wordorder.position.frequencies.longrope import LongRoPE
from wordorder.position.rope import RoPE


def longrope(**changed) -> LongRoPE:
    return LongRoPE(**{**dict(factor=8.0, trained_length=128, short_factors=[], long_factors=[]), **changed})


def lists(width: int) -> dict[str, list[float]]:
    draw = random.Random(width)
    return {name: [draw.uniform(1, 20) for _ in range(width // 2)] for name in ("short", "long")}


@pytest.mark.parametrize("horizon", [1, 128, 129, 1024])
@pytest.mark.parametrize(("width", "theta", "factor"), [(4, 10000.0, 8.0), (64, 10000.0, 1.0), (96, 500000.0, 32.0)])
def test_the_table_is_that_of_hugging_face(width, theta, factor, horizon):
    of = lists(width)
    rule = longrope(factor=factor, short_factors=of["short"], long_factors=of["long"])
    given = dict(factor=factor, short_factor=of["short"], long_factor=of["long"])
    theirs, gain = hugging_face("longrope", width, theta, trained=128, horizon=horizon, **given)
    torch.testing.assert_close(rule.omega(width, theta, horizon=horizon), theirs, **ROUNDED)
    assert rule.gain == pytest.approx(gain, rel=1e-12)


def test_each_pair_is_divided_by_its_own_factor_of_the_list_for_the_length():
    rule = longrope(short_factors=[1.0, 2.0, 3.0], long_factors=[4.0, 5.0, 6.0])
    for horizon, factors in ((128, (1, 2, 3)), (129, (4, 5, 6))):
        expected = [100.0 ** (-2 * m / 6) / f for m, f in enumerate(factors)]
        assert rule.omega(6, 100.0, horizon=horizon).tolist() == pytest.approx(expected, rel=1e-14)


def test_empty_lists_are_ones_for_short_texts_and_the_factor_for_long_ones():
    plain = [100.0 ** (-2 * m / 6) for m in range(3)]
    assert longrope().omega(6, 100.0, horizon=128).tolist() == pytest.approx(plain, rel=1e-14)
    assert longrope().omega(6, 100.0, horizon=129).tolist() == pytest.approx([w / 8 for w in plain], rel=1e-14)


@pytest.mark.parametrize("horizon", [10, 1000])
def test_a_logit_grows_by_the_square_of_the_gain_whatever_the_length(horizon):
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    squared = 1 + math.log(8) / math.log(128)
    assert logit(longrope(), q, k, 3, 3, horizon=horizon) == pytest.approx(squared * float(q @ k), rel=1e-5)


@pytest.mark.parametrize("name", ["short_factors", "long_factors"])
def test_a_list_of_another_length_is_refused_before_any_work_with_the_number_needed(name):
    rule = longrope(**{name: [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=rf"{name}=\[1.0, 2.0, 3.0\] must hold 4 numbers"):
        RoPE(head_dim=8, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=rule)


@pytest.mark.parametrize(
    "bad",
    [{"factor": 0.5}, {"trained_length": 0}, {"trained_length": 1}, {"short_factors": [0.0]}, {"long_factors": [-1.0]}],
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        longrope(**bad)
