"""Dynamic NTK against published values, Hugging Face's table, and the length from which it stretches."""

import pytest
import torch
from rotary import ROUNDED, at_pairs, hugging_face, logit

from wordorder.position.frequencies.dynamic_ntk import DynamicNTK
from wordorder.position.frequencies.plain import Plain

PUBLISHED = [1, 0.2271252, 0.05158587, 0.01171645, 2.661102e-3, 1.372752e-4, 1.025786e-5]


def test_published_values():
    omega = DynamicNTK(factor=4.0, trained_length=2048).omega(64, 10000.0, horizon=8192)
    assert at_pairs(omega) == pytest.approx(PUBLISHED, rel=1e-6)


@pytest.mark.parametrize("horizon", [1, 128, 129, 300, 4096])
@pytest.mark.parametrize(("width", "theta", "factor"), [(4, 10000.0, 1.0), (64, 10000.0, 8.0), (128, 500000.0, 2.5)])
def test_the_table_is_that_of_hugging_face(width, theta, factor, horizon):
    rule = DynamicNTK(factor=factor, trained_length=128)
    theirs, gain = hugging_face("dynamic", width, theta, trained=128, horizon=horizon, factor=factor)
    torch.testing.assert_close(rule.omega(width, theta, horizon=horizon), theirs, **ROUNDED)
    assert rule.gain == gain


def test_nothing_is_stretched_up_to_the_trained_length():
    rule, plain = DynamicNTK(factor=4.0, trained_length=100), Plain().omega(16, 10000.0, horizon=1)
    for horizon in (1, 99, 100):
        assert torch.equal(rule.omega(16, 10000.0, horizon=horizon), plain)
    assert (rule.omega(16, 10000.0, horizon=101)[1:] < plain[1:]).all()


def test_factor_1_divides_the_lowest_frequency_by_the_multiple_of_the_trained_length():
    rule = DynamicNTK(factor=1.0, trained_length=100)
    ratio = rule.omega(16, 10000.0, horizon=300) / rule.omega(16, 10000.0, horizon=100)
    assert [float(ratio[0]), float(ratio[-1])] == pytest.approx([1, 1 / 3], rel=1e-13)


def test_one_omega_serves_all_places_of_a_sequence():
    q, k = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rule = DynamicNTK(factor=2.0, trained_length=10)
    assert logit(rule, q, k, 9, 1, horizon=10) == pytest.approx(logit(Plain(), q, k, 9, 1), abs=1e-12)
    assert abs(logit(rule, q, k, 9, 1, horizon=40) - logit(Plain(), q, k, 9, 1)) > 1e-2
    omega = rule.omega(16, 10000.0, horizon=40).tolist()
    pairs = [((q[m] * k[m] + q[m + 8] * k[m + 8]), (q[m] * k[m + 8] - q[m + 8] * k[m])) for m in range(8)]
    for i, j in ((9, 1), (39, 30)):
        angles = torch.tensor([(i - j) * w for w in omega], dtype=torch.float64)
        expected = sum(a * c + b * s for (a, b), c, s in zip(pairs, angles.cos(), angles.sin(), strict=True))
        assert logit(rule, q, k, i, j, horizon=40) == pytest.approx(float(expected), abs=1e-4)  # float32 angles


@pytest.mark.parametrize("bad", [{"factor": 0.9}, {"trained_length": 0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        DynamicNTK(**{"factor": 2.0, "trained_length": 10, **bad})


def test_one_pair_has_no_lowest_beside_its_highest():
    with pytest.raises(ValueError, match="width=2"):
        DynamicNTK(factor=2.0, trained_length=10).omega(2, 10000.0, horizon=1)
