"""From the last hidden state to scores."""

import pytest
import torch

from wordorder.model.head import Head

V, D = 7, 4
X = torch.randn(2, 3, D, generator=torch.Generator().manual_seed(0))
TABLE = torch.randn(V, D, generator=torch.Generator().manual_seed(1))


def head(**changed) -> Head:
    torch.manual_seed(2)
    made = Head(V, D, **dict(tied=True, transform=False, norm_eps=1e-12, scale=1.0) | changed)
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    return made


def test_a_tied_head_has_no_weight_of_its_own():
    assert not list(head().parameters())
    torch.testing.assert_close(head()(X, TABLE), X @ TABLE.T)


def test_an_untied_one_does_not_read_the_embedding():
    made = head(tied=False)
    torch.testing.assert_close(made(X, TABLE), X @ made.weight.T)
    assert torch.equal(made(X, TABLE), made(X, 2 * TABLE))


@pytest.mark.parametrize("scale", [0.0625, 3.0])
def test_scores_are_multiplied(scale):
    torch.testing.assert_close(head(scale=scale)(X, TABLE), X @ TABLE.T * scale)


def test_the_transform_is_a_map_an_exact_gelu_a_norm_and_a_bias():
    made = head(transform=True)
    x = X @ made.dense.weight.T + made.dense.bias
    x = 0.5 * x * (1 + torch.erf(x / 2**0.5))
    x = (x - x.mean(-1, keepdim=True)) / x.std(-1, correction=0, keepdim=True) * made.norm.weight + made.norm.bias
    torch.testing.assert_close(made(X, TABLE), x @ TABLE.T + made.bias, rtol=1e-4, atol=1e-4)
