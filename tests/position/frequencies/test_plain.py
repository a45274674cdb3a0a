"""RoPE's own frequencies against published values, Hugging Face's table and the formula in Python floats."""

import pytest
import torch
from rotary import PLAIN, ROUNDED, at_pairs, hugging_face

from wordorder.position.frequencies.plain import Plain


def test_published_values():
    assert at_pairs(Plain().omega(64, 10000.0, horizon=1)) == pytest.approx(PLAIN, rel=1e-6)


@pytest.mark.parametrize(("width", "theta"), [(2, 10000.0), (8, 100.0), (64, 10000.0), (128, 500000.0)])
def test_the_table_is_that_of_hugging_face_and_of_the_formula(width, theta):
    omega = Plain().omega(width, theta, horizon=1)
    torch.testing.assert_close(omega, hugging_face("default", width, theta, trained=128)[0], **ROUNDED)
    assert omega.tolist() == pytest.approx([theta ** (-2 * m / width) for m in range(width // 2)], rel=1e-14)


def test_nothing_follows_the_length():
    assert Plain().length_free and Plain().gain == 1.0
    assert torch.equal(Plain().omega(8, 10000.0, horizon=1), Plain().omega(8, 10000.0, horizon=10**6))
