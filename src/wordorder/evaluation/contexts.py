"""contexts: which stretches of a text are asked about, and a model that sees no more of them than a window holds."""

import copy

import numpy as np
from torch import nn

from wordorder.position.window import Window


def spread_contexts(first: np.ndarray, past: np.ndarray, *, length: int, step: int, n: int) -> np.ndarray:
    """Where contexts of `length` inputs begin, at most n of them, evenly spread over the texts that hold one.

    A text's inputs begin at `first`, its targets end before `past`; its contexts begin at first, first + step, first + 2 step,
    ..., and each has its last target in the text.
    """
    room = np.maximum(0, (past - first - 1 - length) // step + 1)
    each = np.unique(np.linspace(0, room.sum() - 1, min(n, room.sum())).astype(np.int64))
    text = np.searchsorted(np.cumsum(room), each, side="right")
    return first[text] + (each - (np.cumsum(room) - room)[text]) * step


def limit_window(model: nn.Module, size: int) -> nn.Module:
    """The same model, its weights shared, in which each query sees the last `size` keys only."""
    limited = copy.copy(model)
    limited._modules = dict(model._modules)  # a copy has those of the original, and is to have another scheme
    limited.position = Window(scheme=model.position, kind="sliding", size=size).eval()
    limited.kernel = "auto" if model.kernel == "sdpa" else model.kernel  # which hides no keys
    return limited
