"""Which stretch of the text each row of each batch reads: a pure function of (data_seed, row number)."""

from collections.abc import Callable

import numpy as np

from wordorder.errors import InputError

BLOCK = 4096  # rows


class ByBlock:
    """A function of row numbers, int64 to int64, taken of a whole block at once: the permutation costs the same for one row as
    for some thousands. The last block is kept."""

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]):
        self.function, self.number, self.values = function, -1, np.empty(0, dtype=np.int64)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        blocks, within = np.divmod(rows.astype(np.int64), BLOCK)
        found = np.empty_like(within)
        for number in np.unique(blocks):
            found[blocks == number] = self.block(int(number))[within[blocks == number]]
        return found

    def block(self, number: int) -> np.ndarray:
        if number != self.number:
            rows = np.arange(number * BLOCK, (number + 1) * BLOCK)
            self.number, self.values = number, self.function(rows)
        return self.values


class Windows:
    """Windows of `length` targets over a stream, in a new order and with a new phase each epoch.

    Row n of the run reads the stream from `starts(n)` on: `length` inputs, and one more as the last target.
    """

    def __init__(self, n_tokens: int, *, length: int, data_seed: int):
        self.length, self.data_seed = length, data_seed
        self.per_epoch = (n_tokens - 1) // length - 1  # one window is given up so that every phase fits
        if self.per_epoch < 1:
            raise InputError(
                f"source: the training text has {n_tokens} tokens, too few for model.context_length={length}; "
                f"it takes {2 * length + 1}: give more text or a smaller model.context_length"
            )

    def starts(self, rows: np.ndarray) -> np.ndarray:
        """First stream index of each row number, int64, the same whatever was asked before."""
        epochs, within = np.divmod(rows.astype(np.int64), self.per_epoch)
        starts = np.empty_like(within)
        for epoch in np.unique(epochs):
            key = epoch_key(self.data_seed, epoch)
            order = permute(within[epochs == epoch], self.per_epoch, key)
            starts[epochs == epoch] = order * self.length + int(mix(key) % np.uint64(self.length))
        return starts


def shuffle(rows: np.ndarray, n: int, data_seed: int) -> np.ndarray:
    """Which of n things each row number reads, int64: all of them once an epoch, in an order of its own."""
    epochs, within = np.divmod(rows.astype(np.int64), n)
    for epoch in np.unique(epochs):
        within[epochs == epoch] = permute(within[epochs == epoch], n, epoch_key(data_seed, epoch))
    return within


def epoch_key(data_seed: int, epoch: int) -> np.ndarray:
    return mix(np.uint64(data_seed) ^ mix(np.uint64(epoch)))


def mix(x: np.ndarray) -> np.ndarray:
    """Scramble 64-bit integers (the finaliser of SplitMix64, Steele et al. 2014), stable across library versions."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def permute(index: np.ndarray, n: int, key: np.ndarray) -> np.ndarray:
    """Where a keyed permutation of range(n) sends each index: a Feistel network, walked until it lands inside.

    Constant memory whatever n is (Black and Rogaway 2002, Ciphers with arbitrary finite domains).
    """
    half = np.uint64(max(1, ((n - 1).bit_length() + 1) // 2))
    low = (np.uint64(1) << half) - np.uint64(1)
    x = index.astype(np.uint64)
    outside = np.ones(x.shape, dtype=bool)
    while outside.any():
        left, right = x[outside] >> half, x[outside] & low
        for n_round in range(6):
            left, right = right, left ^ (mix(right ^ mix(key + np.uint64(n_round))) & low)
        x[outside] = (left << half) | right
        outside = x >= n
    return x.astype(np.int64)
