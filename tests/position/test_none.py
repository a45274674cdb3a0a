import math

import pytest
import torch
from hooks import attention

from wordorder.model.transformer import make_context
from wordorder.position.none import NoPE


def attention_by_hand(q, k, v):
    """Causal softmax attention of one head as a double loop in Python floats."""
    out = []
    for i in range(len(q)):
        scores = [sum(a * b for a, b in zip(q[i], k[j], strict=True)) / math.sqrt(len(q[i])) for j in range(i + 1)]
        weights = [math.exp(score - max(scores)) for score in scores]
        out.append([sum(w * v[j][c] for j, w in enumerate(weights)) / sum(weights) for c in range(len(v[0]))])
    return out


@pytest.mark.parametrize("kernel", ["sdpa", "bias", "dense"])
def test_scores_are_those_of_the_equation(kernel):
    q, k, v = torch.randn(3, 1, 2, 11, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    context = make_context(torch.zeros((1, 11), dtype=torch.int64))
    scheme = NoPE()
    out = attention(scheme, q, k, v, torch.zeros(1, 11, 8), context, kernel=kernel)
    for head in range(2):
        expected = attention_by_hand(*(x[0, head].tolist() for x in (q, k, v)))
        torch.testing.assert_close(out[0, head], torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-13)


def test_nothing_is_touched():
    scheme, x = NoPE(), torch.randn(2, 5, 8)
    pos = scheme.prepare(make_context(torch.zeros((2, 5), dtype=torch.int64)))
    assert scheme.embed(x, pos) is x
    assert scheme.transform_qk(x, x, x, pos) == (x, x)
    assert scheme.score_mod(x, x, x, pos) is None
    assert not list(scheme.parameters())


def test_an_argument_is_refused():
    with pytest.raises(TypeError):
        NoPE(theta=1.0)
