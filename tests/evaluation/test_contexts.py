"""Which contexts are asked against a list of all of them, and a model that sees a window against changes outside of it."""

import numpy as np
import pytest
import torch
from subjects import SIZES

from wordorder.evaluation.contexts import limit_window, spread_contexts

SCHEMES = ["none", "rope", "alibi", "sinusoidal", "t5", "cope", "fox", "stick_breaking", "ssmax", "transformer_xl"]


@pytest.mark.parametrize("position", SCHEMES)
def test_a_limited_window_hides_all_but_the_last_keys(position, make_model):
    """One layer sees nothing else of the past; the weights and the model itself are as they were."""
    model = make_model(position, vocab_size=257, **SIZES).eval()
    limited, ids = limit_window(model, 5), torch.arange(40, 64)[None]
    scheme, other = model.position, ids.clone()
    other[0, : 24 - 5] = 7
    exact = {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(limited(ids, last=1), limited(other, last=1), **exact)
    other[0, 24 - 5] = 9
    assert not torch.allclose(limited(ids, last=1), limited(other, last=1), **exact)
    assert not torch.allclose(model(ids, last=1), limited(ids, last=1), **exact) and model.position is scheme
    torch.testing.assert_close(limit_window(model, 24)(ids), model(ids), **exact)
    assert {name: weight.data_ptr() for name, weight in limited.blocks.named_parameters()} == {
        name: weight.data_ptr() for name, weight in model.blocks.named_parameters()
    }


def test_a_kernel_that_hides_nothing_is_not_used_under_a_window(make_model):
    model = make_model("rope", vocab_size=257, **SIZES, kernel="sdpa").eval()
    ids = torch.arange(40, 64)[None]
    assert not torch.equal(limit_window(model, 5)(ids), model(ids)) and model.kernel == "sdpa"


@pytest.mark.parametrize("n", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(("length", "step"), [(10, 3), (10, 10), (4, 1), (30, 5)])
def test_contexts_are_spread_evenly_over_the_texts_that_hold_one(length, step, n):
    first, past = np.array([0, 12, 14, 55]), np.array([12, 14, 55, 70])  # inputs from, targets up to the one before
    every = [
        start
        for a, b in zip(first, past, strict=True)
        for start in range(a, b, step)
        if start + length < b  # the last target of the context
    ]
    found = spread_contexts(first, past, length=length, step=step, n=n).tolist()
    n = min(n, len(every))
    assert found == [every[(len(every) - 1) * place // (n - 1) if n > 1 else 0] for place in range(n)]
    assert spread_contexts(first, past, length=100, step=step, n=n).tolist() == []
