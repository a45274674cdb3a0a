"""Windows and chunks against Hugging Face's mask functions and loops over pairs of tokens."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from hooks import attention, context_of

from wordorder.model.attention import indices, may_see
from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.context import Context
from wordorder.position.none import NoPE
from wordorder.position.window import Window

T, H = 13, 2
each_kind = pytest.mark.parametrize("kind", ["sliding", "chunk"])
each_size = pytest.mark.parametrize("size", [1, 4, 5, 13, 40])


def window(kind: str = "sliding", size: int = 4) -> Window:
    return Window(scheme=NoPE(), kind=kind, size=size)


def seen(scheme: Window, context: Context) -> torch.Tensor:
    """Which keys each query sees, causality and documents with it: (B, T, S)."""
    at = indices(context, n_heads=1, by_row=True)
    allowed = may_see(context, scheme.visible(scheme.prepare(context)))(*at)
    return allowed.expand(context.tokens_BS.shape[0], -1, context.n_new, context.tokens_BS.shape[1])[:, 0]


@each_kind
@each_size
def test_mask_is_that_of_the_reference(kind, size):
    from transformers.masking_utils import chunked_causal_mask_function, sliding_window_causal_mask_function

    zero = torch.zeros(1, dtype=torch.int64)
    theirs = (
        sliding_window_causal_mask_function(size)
        if kind == "sliding"
        else chunked_causal_mask_function(size, left_padding=zero)
    )
    i, j = torch.arange(T)[:, None], torch.arange(T)[None]
    assert torch.equal(seen(window(kind, size), context_of(1, T))[0], theirs(0, 0, i, j))


def test_a_chunk_is_counted_from_the_first_id_of_each_row():
    from transformers.masking_utils import chunked_causal_mask_function

    padding = torch.tensor([0, 3, 6])
    theirs = chunked_causal_mask_function(4, left_padding=padding)
    context = context_of(3, T)
    context = replace(context, place_BS=(context.place_BS - padding[:, None]))
    at = (torch.arange(3)[:, None, None], 0, torch.arange(T)[:, None], torch.arange(T)[None])
    assert torch.equal(seen(window("chunk"), context), theirs(*at))


@each_kind
@each_size
def test_documents_of_a_row_have_windows_of_their_own(kind, size):
    lengths = [[5, 1, 7], [13], [2, 9, 2]]
    document = torch.stack([torch.arange(len(row)).repeat_interleave(torch.tensor(row)) for row in lengths])
    got = seen(window(kind, size), make_context(torch.zeros(3, T, dtype=torch.int64), document_BS=document))
    for b, row in enumerate(lengths):
        tokens = [(d, place) for d, n in enumerate(row) for place in range(n)]  # document, place in it
        for (i, (d, p)), (j, (e, r)) in product(enumerate(tokens), enumerate(tokens)):
            near = p - size < r if kind == "sliding" else p // size == r // size
            assert got[b, i, j].item() == (d == e and j <= i and near)


@each_kind
@pytest.mark.parametrize("n_new", [1, 2, 6])
def test_with_a_cache_the_new_tokens_see_what_they_see_in_the_whole(kind, n_new):
    whole = seen(window(kind), context_of(1, T))
    assert torch.equal(seen(window(kind), context_of(1, T, n_new)), whole[:, -n_new:])
    document = torch.tensor([[0] * 6 + [1] * 7])
    tokens = torch.zeros(1, T, dtype=torch.int64)
    whole = seen(window(kind), make_context(tokens, document_BS=document))
    assert torch.equal(seen(window(kind), make_context(tokens, n_new, document_BS=document)), whole[:, -n_new:])


def test_only_a_sliding_window_ignores_ids():
    context = context_of(1, T)
    far = replace(context, place_BS=3 * context.place_BS + 1)
    assert torch.equal(seen(window("sliding"), far), seen(window("sliding"), context))
    i, j = torch.arange(T)[:, None], torch.arange(T)[None]
    assert torch.equal(seen(window("chunk"), far)[0], ((3 * i + 1) // 4 == (3 * j + 1) // 4) & (j <= i))
    assert window("sliding").shift_invariant and not window("chunk").shift_invariant
    assert window("chunk").reads_ids and not window("sliding").reads_ids
    assert window("chunk").orders and window("sliding").orders


@each_kind
@pytest.mark.parametrize("kernel", ["bias", "dense"])
def test_outputs_are_those_of_a_loop_with_the_scheme_inside(kind, kernel):
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, n, T, 4, dtype=torch.float64, generator=draw) for n in (H, 1, 1))
    scheme = Window(scheme=ALiBi(n_heads=H, learned=False), kind=kind, size=4)
    got = attention(scheme, q, k, v, torch.zeros(1, T, 8), context_of(1, T), kernel=kernel)
    for h, i in product(range(H), range(T)):
        first = max(0, i - 3) if kind == "sliding" else i - i % 4
        scores = [(q[0, h, i] @ k[0, 0, j]).item() / 2 - 2.0 ** (-4 * (h + 1)) * (i - j) for j in range(first, i + 1)]
        weights = torch.tensor(scores, dtype=torch.float64).exp()
        expected = weights @ v[0, 0, first : i + 1] / weights.sum()
        torch.testing.assert_close(got[0, h, i], expected, rtol=0, atol=1e-7)  # the bias is float32


@each_kind
def test_a_window_of_one_token_returns_its_own_value(kind):
    q, k, v = (
        torch.randn(1, 1, T, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (0, 1, 2)
    )
    got = attention(window(kind, 1), q, k, v, torch.zeros(1, T, 8), context_of(1, T))
    torch.testing.assert_close(got, v, rtol=0, atol=0)


def test_a_window_in_a_window_hides_what_either_hides():
    both = Window(scheme=window("chunk", 4), kind="sliding", size=3)
    expected = seen(window("chunk", 4), context_of(1, T)) & seen(window("sliding", 3), context_of(1, T))
    assert torch.equal(seen(both, context_of(1, T)), expected)


@pytest.mark.parametrize("size", [0, -4])
def test_an_empty_window_is_refused(size):
    with pytest.raises(ValueError, match=f"size={size}"):
        window(size=size)
