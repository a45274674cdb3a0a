"""The learning rate as a function of the step."""

import math

import pytest

from wordorder.training.schedule import Cosine, Rewarm, Trapezoid

N = 200


def test_warm_up_rises_in_equal_steps_from_the_first_step_to_the_full_rate():
    factors = [Cosine(warmup=0.05, final=0.1).factor(step, N) for step in range(11)]
    assert factors[:10] == pytest.approx([0.1 * (n + 1) for n in range(10)]) and factors[10] == 1.0


def test_cosine_falls_from_one_to_its_final_share_by_half_a_cosine():
    schedule = Cosine(warmup=0.0, final=0.1)
    for step in range(N):
        assert schedule.factor(step, N) == pytest.approx(0.1 + 0.9 * math.cos(math.pi * step / N / 2) ** 2)
    assert schedule.factor(N - 1, N) == pytest.approx(0.1, abs=1e-3)


def test_trapezoid_is_flat_and_then_straight():
    factors = [Trapezoid(warmup=0.1, cooldown=0.5, final=0.0).factor(step, N) for step in range(N)]
    assert factors[19:110] == [1.0] * 91
    falls = [a - b for a, b in zip(factors[110:], factors[111:], strict=False)]
    assert falls == pytest.approx([1 / 90] * len(falls)) and factors[-1] == pytest.approx(1 / 90)


def test_rewarm_is_a_cosine_and_then_another():
    schedule, cosine = Rewarm(warmup=0.1, at=0.8, final=0.1), Cosine(warmup=0.1, final=0.1)
    factors = [schedule.factor(step, N) for step in range(N)]
    assert factors[:160] == [cosine.factor(step, 160) for step in range(160)]
    assert factors[160:] == [cosine.factor(step, 40) for step in range(40)]
    assert factors[159] < 0.101 and factors[160:165] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])


def test_rewarm_begins_anew_at_the_step_at_which_a_scheme_is_dropped():
    for n_steps in range(2, 300):
        factors = [Rewarm(warmup=0.0, at=0.875, final=0.0).factor(step, n_steps) for step in range(n_steps)]
        begun = {0, round(0.875 * n_steps)} - {n_steps}  # without warm-up a part begins with the full rate
        assert {step for step, factor in enumerate(factors) if factor == 1.0} == begun


@pytest.mark.parametrize(
    "schedule",
    [
        Cosine(warmup=0.1, final=0.0),
        Rewarm(warmup=0.1, at=0.8, final=0.0),
        Trapezoid(warmup=0.1, cooldown=1.0, final=0.0),
    ],
)
@pytest.mark.parametrize("n_steps", [1, 2, 3, 7, 1000])
def test_no_step_is_wasted_and_none_exceeds_the_rate(schedule, n_steps):
    factors = [schedule.factor(step, n_steps) for step in range(n_steps)]
    assert all(0 < factor <= 1 for factor in factors) and max(factors) == 1.0


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Cosine, {"warmup": 1.0, "final": 0.1}),
        (Cosine, {"warmup": -0.1, "final": 0.1}),
        (Cosine, {"warmup": 0.1, "final": 1.1}),
        (Rewarm, {"warmup": 0.1, "at": 0.0, "final": 0.1}),
        (Rewarm, {"warmup": 0.1, "at": 1.0, "final": 0.1}),
        (Trapezoid, {"warmup": 0.1, "cooldown": 0.0, "final": 0.0}),
        (Trapezoid, {"warmup": 0.1, "cooldown": 0.5, "final": -1.0}),
        (Cosine, {"warmup": math.nan, "final": 0.1}),
        (Cosine, {"warmup": 0.1, "final": math.nan}),
    ],
)
def test_what_is_no_share_is_refused(kind, wrong):
    with pytest.raises(ValueError, match="must lie in"):
        kind(**wrong)
