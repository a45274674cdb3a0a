"""What norms compute, written out."""

import pytest
import torch

from wordorder.model.norm import RMSNormPlusOne, make_norm

X = torch.randn(3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
EPS = 0.03


def filled(norm: torch.nn.Module) -> torch.nn.Module:
    draw = torch.Generator().manual_seed(1)
    for weight in norm.parameters():
        torch.nn.init.normal_(weight, generator=draw)
    return norm.double()


def rms(x: torch.Tensor) -> torch.Tensor:
    return (x.square().sum(-1, keepdim=True) / 8 + EPS).sqrt()


@pytest.mark.parametrize("bias", [True, False])
def test_layer_norm_centres_scales_and_shifts_where_it_has_a_bias(bias):
    norm = filled(make_norm("layer_norm", 8, EPS, bias=bias))
    centred = X - X.mean(-1, keepdim=True)
    expected = centred / (centred.square().mean(-1, keepdim=True) + EPS).sqrt() * norm.weight
    torch.testing.assert_close(norm(X), expected + norm.bias if bias else expected)
    assert (norm.bias is not None) == bias


def test_rms_norm_scales_alone_and_never_has_a_bias():
    norm = filled(make_norm("rms_norm", 8, EPS, bias=True))
    torch.testing.assert_close(norm(X), X / rms(X) * norm.weight)
    assert [name for name, _ in norm.named_parameters()] == ["weight"]


def test_the_gain_of_rms_norm_plus_one_is_counted_from_one():
    norm = filled(make_norm("rms_norm_plus_one", 8, EPS, bias=False))
    torch.testing.assert_close(norm(X), X / rms(X) * (1 + norm.gain_minus_one))
    torch.testing.assert_close(RMSNormPlusOne(8, eps=EPS).double()(X), X / rms(X))


def test_rms_norm_plus_one_multiplies_in_float32_and_returns_what_it_was_given():
    norm = filled(RMSNormPlusOne(8, eps=EPS)).bfloat16()
    x = X.bfloat16()
    expected = (x.float() / rms(x.float()) * (1 + norm.gain_minus_one.float())).bfloat16()
    assert norm(x).dtype == torch.bfloat16
    assert torch.equal(norm(x), expected)
