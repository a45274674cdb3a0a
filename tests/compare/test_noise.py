"""Variance components against mean squares, layouts with holes against what they were drawn from, and differences of two arms."""

from collections.abc import Iterable

import numpy as np
import pytest

from wordorder.compare.noise import Noise, Values, measure_noise, pool_paired

W, D, E = 0.03, 0.02, 0.01  # standard deviations that runs are drawn with
HOLES = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (3, 3)]


def crossed(table: np.ndarray) -> Values:
    return {(w, d): float(value) for (w, d), value in np.ndenumerate(table)}


def mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Of rows, of columns and of the rest, in a table with one value a cell."""
    a, b = table.shape
    rows, columns = table.mean(1, keepdims=True), table.mean(0, keepdims=True)
    rest = table - rows - columns + table.mean()
    return (
        b * ((rows - table.mean()) ** 2).sum() / (a - 1),
        a * ((columns - table.mean()) ** 2).sum() / (b - 1),
        (rest**2).sum() / ((a - 1) * (b - 1)),
    )


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (4, 3)])
def test_a_full_crossing_gives_the_components_of_mean_squares(shape: tuple[int, int]) -> None:
    a, b = shape
    draw = np.random.default_rng(a)
    table = 2 + draw.normal(0, 10 * W, (a, 1)) + draw.normal(0, 10 * D, (1, b)) + draw.normal(0, E, shape)
    of_weights, of_data, of_rest = mean_squares(table)
    expected = [(of_weights - of_rest) / b, (of_data - of_rest) / a, of_rest]
    noise = measure_noise([crossed(table)])
    assert min(expected) > 0  # else what is tested below is the zero
    assert np.square(noise.components) == pytest.approx(expected)
    assert noise.both == pytest.approx(sum(expected)) and noise.mean == pytest.approx(table.mean())
    assert noise.n == a * b


def draw_arm(
    draw: np.random.Generator, layout: Iterable[tuple[int, int]], shared: tuple[np.ndarray, np.ndarray]
) -> Values:
    weights, data = shared
    return {(w, d): 2 + weights[w] + data[d] + draw.normal(0, E) for w, d in layout}


def draw_seeds(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return draw.normal(0, W, 5), draw.normal(0, D, 5)


def test_a_layout_with_holes_is_not_biased() -> None:
    draw = np.random.default_rng(0)
    drawn = [measure_noise([draw_arm(draw, HOLES, draw_seeds(draw))]) for _ in range(4000)]
    for kind, expected in (("weight", W**2 + E**2), ("data", D**2 + E**2), ("both", W**2 + D**2 + E**2)):
        variances = [getattr(noise, kind) for noise in drawn]
        assert np.mean(variances) == pytest.approx(expected, abs=4 * np.std(variances) / 4000**0.5)


@pytest.mark.parametrize(("share", "expected"), [(False, 2 * (W**2 + D**2 + E**2)), (True, 2 * E**2)])
def test_two_arms_differ_at_most_as_runs_that_share_nothing(share: bool, expected: float) -> None:
    draw, diagonal, paired = np.random.default_rng(1), [(k, k) for k in range(5)], []
    for _ in range(3000):
        seeds = draw_seeds(draw)
        arms = [draw_arm(draw, diagonal, seeds if share else draw_seeds(draw)) for _ in range(2)]
        paired.append(pool_paired(arms) ** 2)
    assert np.mean(paired) == pytest.approx(expected, abs=4 * np.std(paired) / 3000**0.5)
    bound = Noise(9, 2.0, W**2 + E**2, D**2 + E**2, W**2 + D**2 + E**2).difference
    assert expected <= bound**2 * (1 + 1e-9)


def test_a_variance_below_zero_counts_as_none() -> None:
    noise = measure_noise([{(0, 0): 1.0, (0, 1): 2.0, (1, 0): 2.0, (1, 1): 1.0}])  # the rest alone, by hand
    assert (noise.weight, noise.data, noise.both) == (0.5, 0.5, 0.0)
    assert noise.components == (0.0, 0.0, 1.0) and noise.difference == 0.0


def test_what_no_two_runs_differ_in_is_not_known() -> None:
    noise = measure_noise([{(0, 0): 1.0, (1, 0): 3.0}])
    assert noise == Noise(2, 2.0, 2.0, None, None)
    assert noise.components is None and noise.difference is None


def test_runs_are_held_against_those_of_their_own_arm_only() -> None:
    one, other = {(0, 0): 1.0, (1, 1): 3.0}, {(0, 0): 101.0, (1, 1): 105.0}
    assert measure_noise([one, other]).both == (2.0 + 8.0) / 2


def test_differences_of_many_arms_are_pooled_as_the_mean_square_of_arms_by_seeds() -> None:
    table = np.random.default_rng(2).normal(2, 0.1, (4, 5))
    arms = [{(k, k): float(value) for k, value in enumerate(row)} for row in table]
    assert pool_paired(arms) ** 2 == pytest.approx(2 * mean_squares(table)[2])


def test_of_differences_that_share_a_seed_one_is_pooled() -> None:
    one = {(w, d): float(w + d) for w in range(3) for d in range(3)}
    assert pool_paired([one, dict.fromkeys(one, 0.0)]) is None
    apart = {(0, 0): 0.0, (0, 1): 9.0, (2, 2): 2.0, (3, 3): 4.0}
    assert pool_paired([apart, dict.fromkeys(apart, 0.0)]) in (pytest.approx(2.0), pytest.approx(13**0.5))


def test_only_arms_with_three_seeds_in_common_are_paired() -> None:
    one = {(k, k): float(k) for k in range(4)}
    two = {(k, k): 2.0 * k for k in range(2, 6)}
    three = {(k, k): 3.0 * k for k in range(3)}
    assert pool_paired([one, two]) is None
    assert pool_paired([one, two, three]) == pytest.approx(2.0)  # 0, 2 and 4 apart at the seeds 0, 1 and 2
