"""Llama 3.1's rule against published values, Hugging Face's table, and its three cases one by one."""

import math

import pytest
import torch
from rotary import ROUNDED, at_pairs, hugging_face

from wordorder.position.frequencies.llama3 import Llama3

PUBLISHED = [1, 0.1939228, 0.03760603, 7.292665e-3, 5.248460e-4, 6.647870e-6, 3.767323e-7]
CASES = [
    (64, 500000.0, 8.0, 1.0, 4.0, 8192),
    (128, 500000.0, 32.0, 1.0, 4.0, 8192),
    (32, 10000.0, 8.0, 1.0, 4.0, 128),
    (16, 1000.0, 2.0, 0.5, 6.0, 256),
    (4, 10000.0, 1.0, 1.0, 4.0, 128),
]


def llama3(**changed) -> Llama3:
    options = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, trained_length=8192)
    return Llama3(**{**options, **changed})


def test_published_values():
    assert at_pairs(llama3().omega(64, 500000.0, horizon=1)) == pytest.approx(PUBLISHED, rel=1e-6)


@pytest.mark.parametrize(("width", "theta", "factor", "low", "high", "trained"), CASES)
def test_the_table_is_that_of_hugging_face(width, theta, factor, low, high, trained):
    given = dict(factor=factor, low_freq_factor=low, high_freq_factor=high)
    theirs, gain = hugging_face("llama3", width, theta, trained=trained, **given)
    rule = llama3(trained_length=trained, **given)
    torch.testing.assert_close(rule.omega(width, theta, horizon=1), theirs, **ROUNDED)
    assert rule.gain == gain


@pytest.mark.parametrize(("width", "theta", "factor", "low", "high", "trained"), CASES[:-1])
def test_omega_is_that_of_its_wavelength(width, theta, factor, low, high, trained):
    rule, met = llama3(factor=factor, low_freq_factor=low, high_freq_factor=high, trained_length=trained), set()
    omega = rule.omega(width, theta, horizon=1)
    for m in range(width // 2):
        kept = theta ** (-2 * m / width)
        wavelength = 2 * math.pi / kept
        if wavelength < trained / high:
            case, expected = "short", kept
        elif wavelength > trained / low:
            case, expected = "long", kept / factor
        else:
            t = (trained / wavelength - low) / (high - low)
            case, expected = "between", (1 - t) * kept / factor + t * kept
        met.add(case)
        assert float(omega[m]) == pytest.approx(expected, rel=1e-12)
    assert met == {"short", "long", "between"}


@pytest.mark.parametrize(
    "bad", [{"factor": 0.0}, {"trained_length": 0}, {"low_freq_factor": 4.0}, {"low_freq_factor": -1.0}]
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        llama3(**bad)
