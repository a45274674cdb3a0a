import importlib
import math

import pytest
import torch

from wordorder.model.transformer import make_context
from wordorder.position.sinusoidal import Sinusoidal


def equation(d_model: int, base: float, places: list[int]) -> torch.Tensor:
    """P of section 3.5 as a double loop in Python floats."""
    rows = [[0.0] * d_model for _ in places]
    for row, t in zip(rows, places, strict=True):
        for m in range(d_model // 2):
            row[2 * m] = math.sin(t / base ** (2 * m / d_model))
            row[2 * m + 1] = math.cos(t / base ** (2 * m / d_model))
    return torch.tensor(rows, dtype=torch.float64)


def sinusoidal(**changed) -> Sinusoidal:
    """The paper's table beside an unscaled embedding, unless changed."""
    options = dict(d_model=16, base=10000.0, layout="interleaved", spacing="half_d", offset=0, gain="one")
    scheme = Sinusoidal(**{**options, "embedding_scale": "one", **changed})
    scheme.initialise(lambda name: torch.Generator())
    return scheme


def embed(scheme: Sinusoidal, x_BTD: torch.Tensor) -> torch.Tensor:
    pos = scheme.prepare(make_context(torch.zeros(x_BTD.shape[:2], dtype=torch.int64)))
    return scheme.embed(x_BTD, pos)


@pytest.mark.parametrize(("d_model", "base"), [(2, 10000.0), (64, 10000.0), (48, 500.0)])
def test_table_is_that_of_the_equation(d_model, base):
    places = [0, 1, 2, 17, 255, 256, 257, 1023, 4095]
    table = sinusoidal(d_model=d_model, base=base).table(torch.tensor(places))
    # an angle of 4095 in float32 is off by 2e-4 at most
    torch.testing.assert_close(table.double(), equation(d_model, base, places), rtol=0, atol=3e-4)
    near = sinusoidal(d_model=d_model, base=base).table(torch.tensor(places[:4]))
    torch.testing.assert_close(near.double(), equation(d_model, base, places[:4]), rtol=0, atol=2e-6)


def test_table_has_the_numbers_worked_by_hand():
    table = sinusoidal(d_model=4).table(torch.arange(3))
    published = [  # frequencies 1 and 1/100
        [0.0, 1.0, 0.0, 1.0],
        [0.841471, 0.540302, 0.0099998, 0.99995],
        [0.909297, -0.416147, 0.0199987, 0.9998],
    ]
    torch.testing.assert_close(table, torch.tensor(published), rtol=0, atol=1e-6)


def test_a_row_has_norm_sqrt_of_half_d():
    table = sinusoidal(d_model=64).table(torch.arange(100))
    torch.testing.assert_close(table.norm(dim=-1), torch.full((100,), math.sqrt(32)))


@pytest.mark.parametrize(("embedding_scale", "factor"), [("sqrt_d", 4.0), ("one", 1.0)])
def test_scale_is_on_the_embedding_alone(embedding_scale, factor):
    x = torch.randn(2, 7, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    out = embed(sinusoidal(embedding_scale=embedding_scale), x)
    torch.testing.assert_close(
        out - factor * x, equation(16, 10000.0, list(range(7))).expand(2, -1, -1), atol=1e-6, rtol=0
    )


def test_bfloat16_rounds_the_sum_once():
    x = torch.randn(1, 4096, 16, generator=torch.Generator().manual_seed(0)).bfloat16()
    scheme = sinusoidal(embedding_scale="sqrt_d")
    assert torch.equal(embed(scheme, x), embed(scheme, x.float()).bfloat16())


def test_float64_stays_float64():
    x = torch.full((1, 1, 4), 1 / 3, dtype=torch.float64)
    out = embed(sinusoidal(d_model=4), x)
    assert out.dtype == torch.float64
    assert out[0, 0, 0].item() == 1 / 3


def near(got: torch.Tensor, expected: torch.Tensor) -> None:
    """Angles up to 300 in float32, by a power or an exponential, differ by up to 1e-4."""
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-4)


def test_concatenated_with_a_shorter_row_of_frequencies_and_an_offset_is_xglm():
    from transformers.models.xglm.modeling_xglm import XGLMSinusoidalPositionalEmbedding

    theirs = XGLMSinusoidalPositionalEmbedding(300, 64, padding_idx=1)(torch.arange(300)[None])[0]
    options = dict(d_model=64, layout="concatenated", spacing="half_d_minus_1")
    near(sinusoidal(**options, offset=2).table(torch.arange(300)), theirs)
    assert not torch.allclose(sinusoidal(**options, offset=0).table(torch.arange(300)), theirs, atol=0.1)
    assert not torch.allclose(
        sinusoidal(d_model=64, layout="concatenated", offset=2).table(torch.arange(300)), theirs, atol=0.1
    )


def test_the_lowest_frequency_is_that_of_its_spacing():
    for spacing, lowest in (("half_d", 10000 ** (-7 / 8)), ("half_d_minus_1", 1 / 10000)):
        row = sinusoidal(layout="concatenated", spacing=spacing).table(torch.tensor([100]))[0]
        assert row[7].item() == pytest.approx(math.sin(100 * lowest), abs=1e-6)
        assert row[15].item() == pytest.approx(math.cos(100 * lowest), abs=1e-6)
        assert row[0].item() == pytest.approx(math.sin(100), abs=1e-5)  # the highest is 1 in both


@pytest.mark.parametrize("family", ["roformer.RoFormer", "marian.Marian"])
def test_concatenated_is_roformer_and_marian(family):
    module, _, prefix = family.partition(".")
    theirs = importlib.import_module(f"transformers.models.{module}.modeling_{module}")
    theirs = getattr(theirs, f"{prefix}SinusoidalPositionalEmbedding")(300, 64).create_weight()
    near(sinusoidal(d_model=64, layout="concatenated").table(torch.arange(300)), theirs)


def test_a_learned_gain_is_that_of_x_transformers():
    from x_transformers.x_transformers import ScaledSinusoidalEmbedding

    scheme, theirs = sinusoidal(d_model=64, layout="concatenated", gain="learned"), ScaledSinusoidalEmbedding(64)
    assert scheme.gain.item() == pytest.approx(theirs.scale.item()) == 1 / 8
    for gain in (1 / 8, -1.7):
        scheme.gain.data.fill_(gain)
        theirs.scale.data.fill_(gain)
        x = torch.randn(2, 300, 64)
        near(embed(scheme, x), x + theirs(x))


def test_a_learned_gain_is_the_only_parameter_and_learns():
    assert not list(sinusoidal().parameters())
    scheme = sinusoidal(gain="learned").double()
    embed(scheme, torch.zeros(1, 5, 16, dtype=torch.float64))[..., 1].sum().backward()
    assert {name: weight.numel() for name, weight in scheme.named_parameters()} == {"gain": 1}
    assert scheme.gain.grad.item() == pytest.approx(sum(math.cos(t) for t in range(5)), abs=1e-6)


@pytest.mark.parametrize(
    "bad", [{"d_model": 5}, {"base": 0.0}, {"base": -1.0}, {"spacing": "half_d_minus_1", "d_model": 2}, {"offset": -1}]
)
def test_bad_values_are_named(bad):
    name, value = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"{name}={value}"):
        sinusoidal(**bad)
