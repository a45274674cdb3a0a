"""CoPE against its equations as loops, and against the class of x-transformers."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.model.transformer import make_context
from wordorder.position.cope import CoPE

B, H, G, K, T = 2, 4, 2, 4, 12
SUMMED = dict(rtol=0, atol=1e-12)  # float64, another order of summation


def cope(**changed) -> CoPE:
    return CoPE(**{**dict(n_layers=3, head_dim=K, n_positions=5, share="layer"), **changed})


def qkvx(n_tokens: int = T) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, G, n_tokens, K), (B, G, n_tokens, K), (B, n_tokens, H * K))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def dot(a: list[float], b: list[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def equations(q_TK, k_TK, table_NK, first: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores and counts of one head in Python floats; documents start at `first`, so keys before it are not counted."""
    n_tokens, last = len(q_TK), len(table_NK) - 1
    score = torch.full((n_tokens, n_tokens), -torch.inf, dtype=torch.float64)
    counts = torch.zeros(n_tokens, n_tokens, dtype=torch.float64)
    for i in range(first, n_tokens):
        for j in range(first, i + 1):
            gates = [1 / (1 + math.exp(-dot(q_TK[i], k_TK[m]) / math.sqrt(K))) for m in range(j, i + 1)]
            p = min(math.fsum(gates), last)
            f = p - math.floor(p)
            above, below = dot(q_TK[i], table_NK[math.ceil(p)]), dot(q_TK[i], table_NK[math.floor(p)])
            counts[i, j] = p
            score[i, j] = dot(q_TK[i], k_TK[j]) / math.sqrt(K) + f * above + (1 - f) * below
    return score, counts


@pytest.mark.parametrize("share", ["layer", "model"])
def test_scores_are_those_of_the_equations(share):
    scheme = random_parameters(cope(share=share))
    q, k, _, x = qkvx()
    got = scores(scheme, q, k, x, context_of(B, T), layer=2)
    table = scheme.table[2 if share == "layer" else 0].tolist()
    clamped = set()
    for b in range(B):
        for h in range(H):
            expected, counts = equations(q[b, h].tolist(), k[b, h // (H // G)].tolist(), table)
            torch.testing.assert_close(got[b, h], expected, **SUMMED)
            clamped |= set((counts == 4).unique().tolist())
    assert clamped == {True, False}  # both sides of the table's end were tried


def test_output_is_that_of_x_transformers():
    from x_transformers.x_transformers import CoPE as TheirCoPE

    scheme = random_parameters(cope())
    theirs = TheirCoPE(dim=K, heads=H, max_pos=5).double()
    theirs.pos_emb.data = scheme.table[1].detach().clone()
    q, k, v, x = qkvx()
    k, v = (t.repeat_interleave(H // G, 1) for t in (k, v))
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    sim = (q @ k.mT / K**0.5).masked_fill(hidden, -torch.finfo(torch.float64).max)
    expected = (sim + theirs(q, sim)).softmax(-1) @ v
    for kernel in ("dense", "bias"):
        got = attention(scheme, q, k, v, x, context_of(B, T), kernel=kernel, layer=1)
        torch.testing.assert_close(got, expected, **SUMMED)


def test_later_tokens_add_nothing_to_a_count():
    scheme, (q, k, _, x) = random_parameters(cope(n_positions=64)), qkvx()
    before = scores(scheme, q, k, x, context_of(B, T))
    q[:, :, 7:], k[:, :, 7:] = -q[:, :, 7:], 5 * k[:, :, 7:]
    after = scores(scheme, q, k, x, context_of(B, T))
    assert torch.equal(after[:, :, :7], before[:, :, :7])
    assert not torch.equal(after[:, :, 7:], before[:, :, 7:])


@pytest.mark.parametrize("n_new", [1, 5])
def test_new_tokens_count_from_their_own_place(n_new):
    scheme, (q, k, _, x) = random_parameters(cope()), qkvx()
    whole = scores(scheme, q, k, x, context_of(B, T))
    new = scores(scheme, q[:, :, -n_new:], k, x, context_of(B, T, n_new))
    torch.testing.assert_close(new, whole[:, :, -n_new:], **SUMMED)


def test_counts_stop_at_the_start_of_a_document():
    scheme, (q, k, _, x) = random_parameters(cope(n_positions=64)), qkvx()
    document = torch.tensor([[0] * 4 + [1] * 8] * B)
    packed = scores(scheme, q, k, x, make_context(torch.zeros_like(document), document_BS=document))
    table = scheme.table[0].tolist()
    expected, _ = equations(q[1, 3].tolist(), k[1, 1].tolist(), table, first=4)
    torch.testing.assert_close(packed[1, 3, 4:], expected[4:], **SUMMED)


def test_a_fresh_scheme_changes_no_score():
    scheme, (q, k, _, x) = cope().double(), qkvx()
    scheme.initialise(lambda name: torch.Generator())
    plain = q @ k.repeat_interleave(H // G, 1).mT / K**0.5
    got = scores(scheme, q, k, x, context_of(B, T))
    seen = torch.ones(T, T, dtype=torch.bool).tril()
    assert torch.equal(got[..., seen], plain[..., seen])


@pytest.mark.parametrize("bad", [{"n_positions": 1}, {"n_positions": -2}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        cope(**bad)
