"""Draws against the whole distribution that they are draws from, written out where it is small."""

from itertools import product
from math import log, sqrt

import numpy as np
import pytest

from wordorder.compare import bootstrap
from wordorder.compare.bootstrap import count_draws, draw_documents, interval


def enumerate_draws(nats_SD: np.ndarray, bytes_D: np.ndarray) -> np.ndarray:
    """The value of every way to draw seeds, and documents for all of them."""
    n_seeds, n_documents = nats_SD.shape
    values = []
    for seeds in product(range(n_seeds), repeat=n_seeds):
        for one in (list(ways) for ways in product(range(n_documents), repeat=n_documents)):
            values.append(sum(nats_SD[seed][one].sum() / (log(2) * bytes_D[one].sum()) for seed in seeds) / n_seeds)
    return np.array(values, dtype=float)


def test_draws_are_of_seeds_and_of_documents_for_all_of_them() -> None:
    nats_SD, bytes_D = np.array([[1.0, 5.0, 2.0], [4.0, 30.0, 3.0]]), np.array([10.0, 40.0, 5.0])
    every, drawn = enumerate_draws(nats_SD, bytes_D), draw_documents(nats_SD, bytes_D, draws=100_000)
    assert len(every) == 2**2 * 3**3
    assert set(np.round(drawn, 9)) <= set(np.round(every, 9))
    assert drawn.mean() == pytest.approx(every.mean(), abs=0.05 * every.std())
    assert drawn.std() == pytest.approx(every.std(), rel=0.05)
    assert interval(drawn) == pytest.approx(np.quantile(every, [0.025, 0.975]), abs=0.1 * every.std())


def test_what_documents_do_to_every_seed_alike_does_not_average_out() -> None:
    row = np.random.default_rng(0).normal(size=50)
    alone, many = (draw_documents(np.tile(row, (n, 1)), np.ones(50)).std() for n in (1, 10))
    assert many == pytest.approx(alone, rel=0.05)


def test_one_seed_and_document_is_its_bits_per_byte() -> None:
    drawn = draw_documents(np.array([[10.0]]), np.array([20.0]), draws=7)
    assert drawn.tolist() == pytest.approx([10 / (20 * log(2))] * 7)


def test_documents_vary_as_a_ratio_of_sums_does() -> None:
    generator = np.random.default_rng(0)
    bytes_D = generator.uniform(50, 150, size=200)
    nats_SD = (0.1 * bytes_D + generator.normal(size=200))[None]
    ratio = nats_SD.sum() / bytes_D.sum()
    expected = sqrt(((nats_SD[0] - ratio * bytes_D) ** 2).sum()) / (bytes_D.sum() * log(2))  # the delta method
    assert draw_documents(nats_SD, bytes_D).std() == pytest.approx(expected, rel=0.1)


def test_documents_without_text_change_nothing() -> None:
    nats_SD, bytes_D = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([3.0, 4.0])
    padded = draw_documents(np.insert(nats_SD, 1, 0.0, axis=1), np.insert(bytes_D, 1, 0.0))
    assert np.array_equal(padded, draw_documents(nats_SD, bytes_D))


def test_intervals_of_few_seeds_are_too_narrow() -> None:
    covered = {}
    for n in (3, 8):
        seeds = np.random.default_rng(n).normal(size=(400, n, 1))
        intervals = [interval(draw_documents(one, np.ones(1), draws=1000)) for one in seeds]
        covered[n] = np.mean([low <= 0 <= high for low, high in intervals])
    assert covered[3] == pytest.approx(0.75, abs=0.065) and covered[8] == pytest.approx(0.88, abs=0.05)  # three errors


def test_counts_are_of_as_many_draws_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CELLS", 20)
    blocks = list(count_draws(7, 5, np.random.default_rng(0)))
    assert [block.shape for block in blocks] == [(2, 7), (2, 7), (1, 7)]
    assert all((block.sum(axis=1) == 7).all() for block in blocks)
    monkeypatch.setattr(bootstrap, "CELLS", 3)
    assert [block.shape for block in count_draws(7, 2, np.random.default_rng(0))] == [(1, 7), (1, 7)]


def test_draws_are_the_same_every_time() -> None:
    nats_SD, bytes_D = np.arange(6.0).reshape(2, 3), np.ones(3)
    assert np.array_equal(draw_documents(nats_SD, bytes_D), draw_documents(nats_SD, bytes_D))
    assert not np.array_equal(draw_documents(nats_SD, bytes_D), draw_documents(nats_SD, bytes_D, seed=1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_documents(np.ones((2, 3)), np.ones(2)), r"^nats_SD=\(2, 3\), bytes_D=\(2,\)"),
        (lambda: draw_documents(np.ones((0, 3)), np.ones(3)), r"^nats_SD=\(0, 3\)"),
        (lambda: draw_documents(np.ones((2, 1)), np.zeros(1)), r"^bytes_D=\[0.0\]"),
    ],
)
def test_what_cannot_be_drawn_from_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
