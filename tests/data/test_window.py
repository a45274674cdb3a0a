"""Windows: every stretch of the text once an epoch, in an order that is a function of (data_seed, row) alone."""

import numpy as np
import pytest

from wordorder.data.window import BLOCK, ByBlock, Windows, mix, permute, shuffle
from wordorder.errors import InputError

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 1000, 1023, 1024, 1025, 4097]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("key", [0, 1, 2**64 - 6])
def test_the_permutation_is_a_bijection(n, key):
    image = permute(np.arange(n), n, np.uint64(key))
    assert sorted(image.tolist()) == list(range(n))


def test_the_permutation_of_large_ranges_stays_inside_and_does_not_collide():
    n = 3_000_000_007
    image = permute(np.arange(100_000) * 30_000, n, np.uint64(5))
    assert len(set(image.tolist())) == 100_000 and image.min() >= 0 and image.max() < n


def test_the_permutation_mixes():
    """A random permutation of n has one fixed point and one pair of neighbours on average; a shift or a stride has many."""
    n = 1000
    image = permute(np.arange(n), n, np.uint64(3))
    assert (image == np.arange(n)).sum() < 8 and (np.diff(image) == 1).sum() < 8
    assert len(set(np.diff(image).tolist())) > 500


def test_the_scrambler_is_splitmix64():
    """The first outputs of SplitMix64 from state 0, as published with Java's SplittableRandom and xoshiro's seeding."""
    gamma = 0x9E3779B97F4A7C15
    states = np.array([n * gamma % 2**64 for n in range(3)], dtype=np.uint64)
    assert [hex(x) for x in mix(states).tolist()] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


@pytest.mark.parametrize(("n_tokens", "length"), [(100, 7), (33, 16), (1000, 1), (1001, 10), (64, 10)])
def test_an_epoch_reads_every_window_once_and_none_ends_beyond_the_text(n_tokens, length):
    windows = Windows(n_tokens, length=length, data_seed=4)
    for epoch in range(4):
        starts = windows.starts(np.arange(windows.per_epoch) + epoch * windows.per_epoch)
        assert starts.min() >= 0 and starts.max() + length <= n_tokens - 1
        ordered = np.sort(starts)
        assert ordered[0] < length and (np.diff(ordered) == length).all()
    assert n_tokens - 1 - windows.per_epoch * length < 2 * length  # what an epoch leaves out is less than two windows


def test_epochs_differ_in_phase_and_in_order():
    windows = Windows(10_000, length=64, data_seed=0)
    rows = np.arange(windows.per_epoch)
    epochs = [windows.starts(rows + n * windows.per_epoch) for n in range(40)]
    phases = {int(starts[0] % 64) for starts in epochs}
    assert len(phases) > 20  # 40 draws of 64 phases: 30 on average
    assert len({tuple(starts // 64) for starts in epochs}) == 40


def test_seeds_differ_and_the_same_seed_does_not():
    rows = np.arange(50)
    first = [Windows(10_000, length=64, data_seed=seed).starts(rows).tolist() for seed in (0, 1, 2, 0)]
    assert first[0] == first[3] and first[0] != first[1] != first[2] != first[0]


def test_rows_do_not_depend_on_what_is_asked_with_them():
    windows = Windows(5_000, length=13, data_seed=9)
    rows = np.arange(3 * windows.per_epoch)
    whole = windows.starts(rows)
    for size in (1, 8, 100, windows.per_epoch + 1):
        pieces = [windows.starts(rows[first : first + size]) for first in range(0, len(rows), size)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
    shuffled = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(windows.starts(rows[shuffled]), whole[shuffled])


def test_the_stream_of_windows_is_the_one_that_earlier_runs_read():
    """Frozen: a change here makes every finished run a run on other data."""
    starts = Windows(1000, length=32, data_seed=7).starts(np.array([0, 1, 2, 3, 28, 29, 30, 59, 60, 10**9]))
    assert starts.tolist() == FROZEN


@pytest.mark.parametrize(("n_tokens", "length"), [(1, 16), (16, 16), (17, 16), (32, 16), (2, 1)])
def test_a_text_too_short_for_a_window_says_how_much_it_takes(n_tokens, length):
    with pytest.raises(
        InputError, match=rf"has {n_tokens} tokens, too few.*context_length={length}.*takes {2 * length + 1}"
    ):
        Windows(n_tokens, length=length, data_seed=0)
    assert Windows(2 * length + 1, length=length, data_seed=0).per_epoch == 1


FROZEN = [954, 602, 922, 474, 634, 90, 789, 149, 96, 316]


@pytest.mark.parametrize("n", [1, 2, 7, 100, 5000])
def test_a_shuffle_has_everything_once_an_epoch(n):
    epochs = shuffle(np.arange(3 * n), n, 5).reshape(3, n)
    assert all(sorted(epoch.tolist()) == list(range(n)) for epoch in epochs)
    assert n < 7 or len({tuple(epoch.tolist()) for epoch in epochs}) == 3


def test_block_by_block_is_row_by_row_whatever_was_asked_before():
    windows = Windows(100_003, length=7, data_seed=3)
    by_block, draw = ByBlock(windows.starts), np.random.RandomState(0)
    for _ in range(20):
        rows = draw.randint(0, 5 * BLOCK, size=draw.randint(1, 40))
        np.testing.assert_array_equal(by_block(rows), windows.starts(rows))
    edge = np.arange(BLOCK - 3, BLOCK + 3)
    np.testing.assert_array_equal(by_block(edge), windows.starts(edge))
