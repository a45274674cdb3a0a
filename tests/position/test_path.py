"""PaTH's scores against the matrices of the paper multiplied one by one."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.model.transformer import make_context
from wordorder.position.path import PaTH

B, H, G, K, D, T, LAYER = 2, 4, 2, 4, 10, 9, 1
PRODUCTS = dict(rtol=0, atol=1e-11)  # float64, products in another order


def path(**changed) -> PaTH:
    options = dict(n_layers=2, d_model=D, n_kv_heads=G, head_dim=K, rank=3, conv_width=3, init_std=0.02)
    return PaTH(**{**options, **changed})


def qkvx(n_tokens: int = T) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, G, n_tokens, K), (B, G, n_tokens, K), (B, n_tokens, D))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def reflection(scheme: PaTH, x_TD: torch.Tensor, s: int, g: int, first: int = 0) -> torch.Tensor:
    """H_s of one head, (K, K), by scalars: nothing before `first` is seen."""
    w = []
    for channel in range(g * K, (g + 1) * K):
        mixed = 0.0
        for m in range(min(scheme.conv.shape[1], s - first + 1)):
            low = [float(row @ x_TD[s - m]) for row in scheme.down[LAYER]]
            high = sum(u * value for u, value in zip(scheme.up[LAYER, channel].tolist(), low, strict=True))
            mixed += scheme.conv[LAYER, m, channel].item() * high
        w.append(mixed / (1 + math.exp(-mixed)))
    length = math.sqrt(sum(value**2 for value in w))
    w = torch.tensor([value / length for value in w], dtype=torch.float64)
    strength = 2 / (1 + math.exp(-float(scheme.weight[LAYER, g] @ x_TD[s] + scheme.bias[LAYER, g])))
    return torch.eye(K, dtype=torch.float64) - strength * torch.outer(w, w)


def multiplied(scheme: PaTH, q_TK, k_TK, x_TD, g: int, first: int = 0) -> torch.Tensor:
    """The scores of one head: each key is carried from its place to the query, one matrix a token."""
    n = len(q_TK)
    H_s = [None if s < first else reflection(scheme, x_TD, s, g, first) for s in range(n)]
    score = torch.full((n, n), -torch.inf, dtype=torch.float64)
    for j in range(first, n):
        carried = k_TK[j]
        for i in range(j, n):
            carried = H_s[i] @ carried if i > j else carried
            score[i, j] = q_TK[i] @ carried / math.sqrt(K)
    return score


@pytest.mark.parametrize("conv_width", [1, 3, 20])
def test_scores_are_those_of_matrices_multiplied_one_by_one(conv_width):
    scheme, (q, k, _, x) = random_parameters(path(conv_width=conv_width)), qkvx()
    with torch.no_grad():
        got = scores(scheme, q, k, x, context_of(B, T), layer=LAYER)
        for b in range(B):
            for h in range(H):
                g = h // (H // G)
                torch.testing.assert_close(got[b, h], multiplied(scheme, q[b, h], k[b, g], x[b], g), **PRODUCTS)


def test_a_document_neither_turns_keys_nor_feeds_the_convolution_of_the_next():
    scheme, (q, k, _, x) = random_parameters(path()), qkvx()
    document = torch.tensor([[0] * 4 + [1] * 5] * B)
    with torch.no_grad():
        context = make_context(torch.zeros_like(document), document_BS=document)
        got = scores(scheme, q, k, x, context, layer=LAYER)
        expected = multiplied(scheme, q[1, 3], k[1, 1], x[1], 1, first=4)
    torch.testing.assert_close(got[1, 3, 4:], expected[4:], **PRODUCTS)


@pytest.mark.parametrize("kernel", ["dense", "bias"])
@pytest.mark.parametrize("n_new", [1, 4])
def test_new_tokens_are_the_last(kernel, n_new):
    scheme, (q, k, v, x) = random_parameters(path()), qkvx()
    whole = attention(scheme, q, k, v, x, context_of(B, T), layer=LAYER)
    new = attention(scheme, q[:, :, -n_new:], k, v, x, context_of(B, T, n_new), kernel=kernel, layer=LAYER)
    torch.testing.assert_close(new, whole[:, :, -n_new:], **PRODUCTS)


def test_strengths_at_their_ends_leave_or_mirror_a_key():
    scheme, (q, k, _, x) = random_parameters(path()), qkvx()
    plain = q @ k.repeat_interleave(H // G, 1).mT / math.sqrt(K)
    seen = torch.ones(T, T, dtype=torch.bool).tril()
    with torch.no_grad():
        scheme.weight.zero_()
        scheme.bias.fill_(-50.0)  # strengths of 1e-22: no token turns anything
        got = scores(scheme, q, k, x, context_of(B, T), layer=LAYER)
        torch.testing.assert_close(got[..., seen], plain[..., seen], **PRODUCTS)
        scheme.bias.fill_(50.0)  # of 2: H is orthogonal, and a key that is carried keeps its length
        w, strength = scheme.reflections(x, scheme.at_layer(LAYER, scheme.prepare(context_of(B, T))))
        turned = torch.eye(K, dtype=torch.float64) - strength[..., None] * w[..., None] * w[..., None, :]
        torch.testing.assert_close(turned @ turned.mT, torch.eye(K).double().expand_as(turned), **PRODUCTS)


def test_long_products_hold_in_float32():
    n, scheme = 600, random_parameters(path())
    q, k, _, x = qkvx(n)
    with torch.no_grad():
        exact = scores(scheme, q, k, x, context_of(B, n), layer=LAYER)
        got = scores(scheme.float(), q.float(), k.float(), x.float(), context_of(B, n), layer=LAYER)
    seen = torch.ones(n, n, dtype=torch.bool).tril()
    # no reflection lengthens a key, so roundings add up and do not grow: scores up to 5.5 are off by 8e-6
    torch.testing.assert_close(got[..., seen].double(), exact[..., seen], rtol=0, atol=5e-5)


def test_a_fresh_scheme_projects_each_key_off_what_it_passes():
    scheme = path(n_layers=1, d_model=100, rank=32, init_std=0.02)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    assert not scheme.bias.any()  # strengths around 1
    for weight in (scheme.down, scheme.weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.2)  # of 200 draws at least: 4 deviations
    x = torch.randn(1, T, 100, generator=torch.Generator().manual_seed(0))
    w, strength = scheme.reflections(x, scheme.prepare(context_of(1, T)))
    torch.testing.assert_close(w.norm(dim=-1), torch.ones(1, G, T))
    assert (strength - 1).abs().max() < 0.5


@pytest.mark.parametrize("bad", [{"rank": 0}, {"conv_width": 0}, {"init_std": 0.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        path(**bad)
