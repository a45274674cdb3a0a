"""Position interpolation against published values, Hugging Face's table and what it is named for."""

import pytest
import torch
from rotary import PLAIN, ROUNDED, at_pairs, hugging_face, logit

from wordorder.position.frequencies.linear import Linear
from wordorder.position.frequencies.plain import Plain


def test_published_values():
    assert at_pairs(Linear(factor=4.0).omega(64, 10000.0, horizon=1)) == pytest.approx([w / 4 for w in PLAIN], rel=1e-6)


@pytest.mark.parametrize(("width", "theta", "factor"), [(2, 10000.0, 2.0), (64, 10000.0, 8.0), (128, 500000.0, 2.5)])
def test_the_table_is_that_of_hugging_face(width, theta, factor):
    theirs, gain = hugging_face("linear", width, theta, trained=128, factor=factor)
    torch.testing.assert_close(Linear(factor=factor).omega(width, theta, horizon=1), theirs, **ROUNDED)
    assert Linear(factor=factor).gain == gain


def test_places_of_the_longer_text_fall_between_the_trained_ones():
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for i, j in ((3, 0), (7, 5), (90, 12)):
        # angles of 700 in float32 are off by 3e-5
        assert logit(Linear(factor=8.0), q, k, 8 * i, 8 * j) == pytest.approx(logit(Plain(), q, k, i, j), abs=1e-3)
        assert abs(logit(Linear(factor=8.0), q, k, i, j) - logit(Plain(), q, k, i, j)) > 1e-2


def test_factor_1_changes_nothing():
    assert torch.equal(Linear(factor=1.0).omega(16, 10000.0, horizon=1), Plain().omega(16, 10000.0, horizon=1))


@pytest.mark.parametrize("factor", [0.5, 0.0, -2.0, float("nan"), float("inf")])
def test_bad_factors_are_refused(factor):
    with pytest.raises(ValueError, match="factor="):
        Linear(factor=factor)
