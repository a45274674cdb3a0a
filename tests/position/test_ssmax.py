"""Scalable softmax against its equation and the first figure of its paper."""

import math

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.model.transformer import make_context
from wordorder.position.ssmax import SSMax

B, H, G, K, T = 2, 6, 2, 4, 9


def ssmax(**changed) -> SSMax:
    options = dict(n_layers=3, n_heads=H, share="layer", per_head=True, offset=False, init_scale=0.168)
    return SSMax(**{**options, **changed})


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("per_head", [False, True])
@pytest.mark.parametrize("share", ["model", "layer"])
def test_output_is_that_of_the_equation(share, per_head, offset):
    scheme, layer = random_parameters(ssmax(share=share, per_head=per_head, offset=offset)), 2
    q, k, v = draw(B, H, T, K), draw(B, G, T, K), draw(B, G, T, K)
    got = attention(scheme, q, k, v, None, context_of(B, T), kernel="sdpa", layer=layer)
    for h in range(H):
        own = (layer if share == "layer" else 0, h if per_head else 0)
        s, b = scheme.scale[own].item(), scheme.offset[own].item() if offset else 0.0
        for i in range(T):
            z = [float(q[1, h, i] @ k[1, h // (H // G), j]) / math.sqrt(K) for j in range(i + 1)]
            powers = [math.exp((s * math.log(i + 1) + b) * value) for value in z]
            expected = sum(power / sum(powers) * v[1, h // (H // G), j] for j, power in enumerate(powers))
            torch.testing.assert_close(got[1, h, i], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 16, 256, 1024])
def test_the_largest_weight_does_not_fade_as_in_the_first_figure(n):
    """z is -2 for all keys but the last, whose z is 3, and s = 0.43: the last has weight 1 / (1 + (n - 1) n^(-5 s))."""
    scheme = ssmax(n_layers=1, n_heads=1, init_scale=0.43)
    scheme.initialise(lambda name: torch.Generator())
    z = torch.full((1, 1, n, 1), -2.0, dtype=torch.float64)
    z[..., -1, 0] = 3.0
    q = torch.ones_like(z)
    weight = scores(scheme.double(), q, z, None, context_of(1, n)).softmax(-1)[0, 0, -1, -1]
    assert weight.item() == pytest.approx(1 / (1 + (n - 1) * n ** (-5 * 0.43)), abs=1e-6)  # s is float32
    assert weight > 0.68  # the plain softmax gives 0.13 at n = 1024


def test_the_first_factor_is_that_of_the_plain_softmax_on_average():
    mean = sum(math.log(n) for n in range(1, 1025)) / 1024
    scheme = ssmax()
    scheme.initialise(lambda name: torch.Generator())
    assert (scheme.scale.detach() * mean).flatten().tolist() == pytest.approx([1.0] * 18, abs=5e-3)


def test_keys_are_counted_in_their_document():
    scheme = random_parameters(ssmax())
    document = torch.tensor([[0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 1, 1]])
    context = make_context(torch.zeros(2, 6, dtype=torch.int64), 4, document_BS=document)
    assert scheme.prepare(context).n_BT.tolist() == [[3, 1, 2, 1], [2, 3, 4, 5]]
    assert scheme.prepare(context_of(2, 6, 4)).n_BT.tolist() == [[3, 4, 5, 6]]


def test_only_queries_change_and_keep_their_dtype():
    scheme = ssmax()
    scheme.initialise(lambda name: torch.Generator())
    q, k = draw(B, H, T, K).bfloat16(), draw(B, G, T, K).bfloat16()
    new_q, new_k = scheme.transform_qk(q, k, None, scheme.prepare(context_of(B, T)))
    assert new_k is k and new_q.dtype == torch.bfloat16
    expected = (q[0, 0, 7].float() * (torch.tensor(0.168) * math.log(8))).bfloat16()
    torch.testing.assert_close(new_q[0, 0, 7], expected, rtol=2**-7, atol=0)  # the last bit of a bfloat16


@pytest.mark.parametrize("init_scale", [0.0, -0.4])
def test_bad_arguments_are_refused(init_scale):
    with pytest.raises(ValueError, match="init_scale="):
        ssmax(init_scale=init_scale)
