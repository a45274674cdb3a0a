"""seen: what was measured of a position scheme. Letters: see model/transformer.py."""

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

Array = np.ndarray
NOTHING = 1e-6


@dataclass(frozen=True)
class ByDistance:
    """A quantity of each head at each distance i - j: its mean, and the middle 80 % over draws and queries; NaN unseen."""

    mean_HS: Array
    low_HS: Array
    high_HS: Array


@dataclass(frozen=True)
class Layer:
    """What one layer does to its scores. (H, T, S) arrays are NaN where a query does not see a key."""

    acts: frozenset[str]  # of "q and k", "score", "mask", "softmax", "values"
    kernel: ByDistance  # q_i . k_j / |q| |k| of what equal vectors have become: 1 where nothing is done to them
    kernel_HTS: Array
    channel_KS: Array  # the same for a vector of one channel alone, first head, by distance
    turned_by_text: bool  # does it depend on the text what becomes of a vector?
    bias: ByDistance  # what is added to a score
    bias_HTS: Array  # in the first text
    visible_HTS: Array  # bool, in the first text
    weight_HS: Array  # mean attention of the last token, by distance
    weight_HTS: Array  # mean attention of every token if the scheme replaces the softmax, else of the last one


@dataclass(frozen=True)
class Seen:
    """What a scheme does in one model. `layers` has one of all that are alike: (0, 2) -> what layers 0 and 2 do."""

    ids_BS: Array  # the ids that the innermost scheme is asked with
    factor: float  # of the embedded tokens
    table_TD: Array  # added to them, in the first text
    layers: dict[tuple[int, ...], Layer]
    own_numbers: bool  # do layers that are alike have parameters of their own?
    plain_S: Array  # the last token's attention by distance without any scheme

    @property
    def acts(self) -> frozenset[str]:
        """All places where something is done."""
        ids = {"ids"} if (self.ids_BS != np.arange(self.ids_BS.shape[1])).any() else set()
        embedding = {"embedding"} if self.factor != 1 or np.abs(self.table_TD).max() > NOTHING else set()
        return frozenset(ids | embedding).union(*(layer.acts for layer in self.layers.values()))


def by_distance(x_NHTS: Array) -> ByDistance:
    """Sort by i - j and forget which query it was."""
    n_heads, n_tokens = x_NHTS.shape[1:3]
    alike = n_heads > 1 and all(np.array_equal(x_NHTS[:, 0], x_NHTS[:, h], equal_nan=True) for h in range(1, n_heads))
    if alike:
        one = by_distance(x_NHTS[:, :1])
        return ByDistance(*(np.repeat(part, n_heads, 0) for part in (one.mean_HS, one.low_HS, one.high_HS)))
    found = np.full((3, n_heads, n_tokens), np.nan)
    for distance in range(n_tokens):
        x_HN = np.diagonal(x_NHTS, -distance, 2, 3).swapaxes(0, 1).reshape(n_heads, -1)
        x_HN = x_HN[:, ~np.isnan(x_HN).all(0)]
        if x_HN.shape[1]:
            x_HN = np.sort(x_HN, 1)
            bounds = (x_HN[:, round(share * (x_HN.shape[1] - 1))] for share in (0.1, 0.9))
            found[:, :, distance] = x_HN.mean(1), *bounds
    return ByDistance(*found)


def same(a: Any, b: Any) -> bool:
    """Is all that was measured equal, up to rounding?"""
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    return a == b
