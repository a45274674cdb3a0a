"""KERPLE's two kernels against plain double loops, and where training begins."""

import math

import pytest
import torch
from hooks import bias, context_of, random_parameters

from wordorder.position.kerple import KERPLE

H, LAYERS, T = 6, 3, 40


def kerple(**changed) -> KERPLE:
    options = dict(n_heads=H, n_layers=LAYERS, variant="log", share="model", p_max=2.0, a_max=1.0, floor=0.01)
    return KERPLE(**{**options, **changed})


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def loops(scheme: KERPLE, layer: int) -> torch.Tensor:
    """The paper's two equations in Python floats, for keys that are not in the future."""
    out = torch.zeros(H, T, T, dtype=torch.float64)
    for h in range(H):
        p, a = scheme.p[layer, h].item(), softplus(scheme.a[layer, h].item())
        for i in range(T):
            for j in range(i + 1):
                if scheme.variant == "log":
                    out[h, i, j] = -softplus(p) * math.log(1 + a * (i - j))
                else:
                    out[h, i, j] = -a * (i - j) ** (2 / (1 + math.exp(-p)))
    return out


@pytest.mark.parametrize("share, layer", [("model", 0), ("layer", 2)])
@pytest.mark.parametrize("variant", ["log", "power"])
def test_bias_is_that_of_the_equation(variant, share, layer):
    scheme = random_parameters(kerple(variant=variant, share=share))
    got = bias(scheme, context_of(1, T), n_heads=H, layer=layer)
    # relative: a power of 1.5 of the distance reaches hundreds
    torch.testing.assert_close(got[0].tril(), loops(scheme, layer), rtol=1e-13, atol=1e-13)


def test_a_power_of_one_is_alibi():
    scheme = kerple(variant="power").double()
    with torch.no_grad():
        scheme.p.zero_()
        scheme.a.copy_(torch.tensor([1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8], dtype=torch.float64).expm1().log())
    got = bias(scheme, context_of(1, T), n_heads=H)[0, :, -1]
    slope = torch.tensor([[1 / 4], [1 / 16], [1 / 64], [1 / 256], [1 / 2], [1 / 8]], dtype=torch.float64)
    torch.testing.assert_close(got, -slope * torch.arange(T - 1, -1, -1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("variant", ["log", "power"])
def test_initial_values_are_uniform_up_to_the_published_bounds(variant):
    scheme = kerple(variant=variant, n_heads=20_000)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name) + ord(name[0])))
    for value, top in zip(scheme.kernel(0), (2.0, 1.0), strict=True):
        value = value.detach().sort().values
        assert 0.0099 < value[0] and value[-1] < top
        expected = torch.linspace(0.01, top, 20_000)
        # Kolmogorov's distance of 20000 draws exceeds 2 / sqrt(n) = 0.014 once in 1500 draws; these are seeded
        assert ((value - expected).abs() / top).max() < 0.014


@pytest.mark.parametrize("variant", ["log", "power"])
@pytest.mark.parametrize("extreme", [-60.0, 60.0])
def test_parameters_of_any_size_keep_bias_and_gradients_finite(variant, extreme):
    scheme = kerple(variant=variant)
    torch.nn.init.constant_(scheme.p, extreme)
    torch.nn.init.constant_(scheme.a, extreme)
    got = bias(scheme, context_of(1, T), n_heads=H)  # keys to come included: masked, but their gradients are summed
    got.tril().sum().backward()
    assert got.isfinite().all() and (got <= 0).all()
    assert scheme.p.grad.isfinite().all() and scheme.a.grad.isfinite().all()


def test_far_distances_stay_apart():
    scheme = kerple().bfloat16()
    torch.nn.init.zeros_(scheme.p)
    torch.nn.init.zeros_(scheme.a)
    got = bias(scheme, context_of(1, 1026, n_new=1), n_heads=H)[0, 0, 0].float()
    assert (got.diff() > 0).all()  # bfloat16 rounds every odd distance above 256


@pytest.mark.parametrize(
    "bad", [{"floor": 0.0}, {"p_max": 0.01}, {"p_max": 2.5, "variant": "power"}, {"a_max": 0.005}, {"a_max": -1.0}]
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"^{next(iter(bad))}="):
        kerple(**bad)


def test_the_logarithm_takes_a_larger_factor():
    assert kerple(p_max=5.0).p_max == 5.0
