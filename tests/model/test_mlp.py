"""What the map of each token computes, one activation after the other, from its formula."""

import math

import pytest
import torch

from wordorder.model.mlp import MLP

X = torch.randn(5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def gelu_tanh(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_erf(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


CURVES = {
    "relu": lambda x: x * (x > 0),
    "gelu": gelu_tanh,
    "gelu_erf": gelu_erf,
    "swiglu": lambda x: x / (1 + torch.exp(-x)),
    "geglu": gelu_tanh,
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", CURVES)
def test_it_is_the_formula(activation, bias):
    torch.manual_seed(1)
    mlp = MLP(6, 10, activation, bias=bias).double()

    def affine(linear: torch.nn.Linear, x: torch.Tensor) -> torch.Tensor:
        return x @ linear.weight.T + (linear.bias if bias else 0)

    curve = CURVES[activation](affine(mlp.gate or mlp.up, X))
    expected = affine(mlp.down, curve * affine(mlp.up, X) if mlp.gate else curve)
    torch.testing.assert_close(mlp(X), expected)
    assert (mlp.gate is not None) == activation.endswith("glu")
    assert sum(name.endswith("bias") for name, _ in mlp.named_parameters()) == bias * (3 if mlp.gate else 2)
