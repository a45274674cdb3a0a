"""Paired statistics against Student's and Fisher's own data, closed forms and plain enumeration."""

import warnings
from itertools import product
from math import sqrt

import numpy as np
import pytest

from wordorder.compare.paired import measure

# Student 1908, table of additional hours of sleep: drug 1, drug 2. R prints of t.test(paired = TRUE) on its `sleep`:
# t = -4.0621, df = 9, p-value = 0.002833, 95 percent confidence interval -2.4598858 to -0.7001142, mean -1.58.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Darwin's maize, crossed minus self-fertilised in eighths of an inch, in Fisher 1935: t = 2.148 (section 17), and 863 of the
# 32,768 patterns of signs have a sum of 314 or more (section 21).
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
T_975_4, T_950_4 = 2.776445, 2.131847  # quantiles of Student's t at 4 degrees of freedom, as tables print them


def tail_2(t: float) -> float:
    """P(T > t) at 2 degrees of freedom, where the integral of the density is elementary."""
    return 0.5 - t / (2 * sqrt(2 + t * t))


def enumerate_signs(values: list[int]) -> float:
    """The share of all patterns whose sum is as far from 0, in whole numbers."""
    sums = [
        abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in product((1, -1), repeat=len(values))
    ]
    return sum(one >= abs(sum(values)) for one in sums) / len(sums)


def test_students_sleep_has_students_p_and_interval() -> None:
    sleep = measure(np.subtract(DRUG_1, DRUG_2))
    assert (sleep.n, sleep.mean, sleep.mean / sleep.error) == (
        10,
        pytest.approx(-1.58),
        pytest.approx(-4.0621, abs=5e-5),
    )
    assert sleep.p == pytest.approx(0.002833, abs=5e-7)
    assert sleep.interval() == (pytest.approx(-2.4598858, abs=5e-8), pytest.approx(-0.7001142, abs=5e-8))


def test_darwins_maize_has_fishers_count() -> None:
    maize = measure(MAIZE)
    assert maize.sign_flip == 2 * 863 / 32768
    assert maize.mean / maize.error == pytest.approx(2.148, abs=5e-4)


def test_three_pairs_follow_the_closed_form() -> None:
    paired = measure([1.0, 2.0, 3.0])
    t = 2 / (1 / sqrt(3))
    assert paired.p == pytest.approx(2 * tail_2(t), rel=1e-12)
    assert paired.p_equivalent(3.0) == pytest.approx(tail_2((3 - 2) * sqrt(3)), rel=1e-12)
    assert paired.p_equivalent(1.0) == pytest.approx(1 - tail_2((2 - 1) * sqrt(3)), rel=1e-12)
    opposite = measure([-1.0, -2.0, -3.0])
    assert (opposite.p, opposite.p_equivalent(3.0)) == (paired.p, paired.p_equivalent(3.0))


def test_five_pairs_follow_the_tables_of_t() -> None:
    paired, error = measure([1.0, 2.0, 3.0, 4.0, 5.0]), sqrt(2.5 / 5)
    assert paired.interval() == (
        pytest.approx(3 - T_975_4 * error, abs=1e-6),
        pytest.approx(3 + T_975_4 * error, abs=1e-6),
    )
    assert paired.interval(0.9)[0] == pytest.approx(3 - T_950_4 * error, abs=1e-6)
    assert paired.p_equivalent(3 + T_950_4 * error) == pytest.approx(0.05, abs=1e-7)


@pytest.mark.parametrize("n", range(2, 11))
def test_signs_are_counted_as_by_enumeration(n: int) -> None:
    generator = np.random.default_rng(n)
    for _ in range(10):
        values = generator.integers(-4, 5, size=n).tolist()  # small whole numbers: many sums are equal
        assert measure(values).sign_flip == enumerate_signs(values)
        assert measure(np.array(values) / 10).sign_flip == enumerate_signs(values)  # tenths are not exact in floats


@pytest.mark.parametrize("n", [2, 3, 12, 25])
def test_differences_of_one_sign_reach_the_least_p_there_is(n: int) -> None:
    paired = measure(-np.arange(1.0, n + 1))
    assert paired.sign_flip == 0.5 ** (n - 1)


def test_signs_of_more_than_forty_pairs_are_not_counted() -> None:
    assert measure(np.arange(41.0)).sign_flip is None


@pytest.mark.parametrize(
    ("differences", "p", "sign_flip", "p_equivalent", "interval"),
    [
        ([0.0, 0.0, 0.0], 1.0, 1.0, 0.0, (0.0, 0.0)),
        ([0.9 - 0.5, 0.8 - 0.4, 0.7 - 0.3], None, 0.25, None, None),  # 0.4 each, up to rounding
        ([-0.05] * 3, None, 0.25, None, None),
    ],
)
def test_where_nothing_varies_the_t_test_is_defined_for_zeros_alone(
    differences: list[float],
    p: float | None,
    sign_flip: float,
    p_equivalent: float | None,
    interval: tuple[float, float] | None,
) -> None:
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        paired = measure(differences)
        assert (paired.deviation, paired.p, paired.sign_flip) == (0.0, p, sign_flip)
        assert paired.p_equivalent(0.1) == p_equivalent
        assert paired.interval() == interval


@pytest.mark.parametrize("differences", [[1.0], [], [1.0, float("nan")], [1.0, float("inf"), 2.0], [[1.0, 2.0]]])
def test_what_has_no_deviation_is_refused(differences: list[float]) -> None:
    with pytest.raises(ValueError, match="^differences="):
        measure(differences)
