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


def embed(scheme: Sinusoidal, x_BTD: torch.Tensor) -> torch.Tensor:
    pos = scheme.prepare(make_context(torch.zeros(x_BTD.shape[:2], dtype=torch.int64)))
    return scheme.embed(x_BTD, pos)


@pytest.mark.parametrize(("d_model", "base"), [(2, 10000.0), (64, 10000.0), (48, 500.0)])
def test_table_is_that_of_the_equation(d_model, base):
    places = [0, 1, 2, 17, 255, 256, 257, 1023, 4095]
    table = Sinusoidal(d_model=d_model, base=base, embedding_scale="one").table(torch.tensor(places))
    # an angle of 4095 in float32 is off by 2e-4 at most
    torch.testing.assert_close(table.double(), equation(d_model, base, places), rtol=0, atol=3e-4)
    near = Sinusoidal(d_model=d_model, base=base, embedding_scale="one").table(torch.tensor(places[:4]))
    torch.testing.assert_close(near.double(), equation(d_model, base, places[:4]), rtol=0, atol=2e-6)


def test_table_has_the_numbers_worked_by_hand():
    table = Sinusoidal(d_model=4, base=10000.0, embedding_scale="one").table(torch.arange(3))
    published = [  # frequencies 1 and 1/100
        [0.0, 1.0, 0.0, 1.0],
        [0.841471, 0.540302, 0.0099998, 0.99995],
        [0.909297, -0.416147, 0.0199987, 0.9998],
    ]
    torch.testing.assert_close(table, torch.tensor(published), rtol=0, atol=1e-6)


def test_a_row_has_norm_sqrt_of_half_d():
    table = Sinusoidal(d_model=64, base=10000.0, embedding_scale="one").table(torch.arange(100))
    torch.testing.assert_close(table.norm(dim=-1), torch.full((100,), math.sqrt(32)))


@pytest.mark.parametrize(("embedding_scale", "factor"), [("sqrt_d", 4.0), ("one", 1.0)])
def test_scale_is_on_the_embedding_alone(embedding_scale, factor):
    x = torch.randn(2, 7, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    out = embed(Sinusoidal(d_model=16, base=10000.0, embedding_scale=embedding_scale), x)
    torch.testing.assert_close(
        out - factor * x, equation(16, 10000.0, list(range(7))).expand(2, -1, -1), atol=1e-6, rtol=0
    )


def test_bfloat16_rounds_the_sum_once():
    x = torch.randn(1, 4096, 16, generator=torch.Generator().manual_seed(0)).bfloat16()
    scheme = Sinusoidal(d_model=16, base=10000.0, embedding_scale="sqrt_d")
    assert torch.equal(embed(scheme, x), embed(scheme, x.float()).bfloat16())


def test_float64_stays_float64():
    x = torch.full((1, 1, 4), 1 / 3, dtype=torch.float64)
    out = embed(Sinusoidal(d_model=4, base=10000.0, embedding_scale="one"), x)
    assert out.dtype == torch.float64
    assert out[0, 0, 0].item() == 1 / 3


@pytest.mark.parametrize(
    ("bad", "says"), [({"d_model": 5}, "d_model=5"), ({"base": 0.0}, "base=0.0"), ({"base": -1.0}, "base=-1.0")]
)
def test_bad_values_are_named(bad, says):
    with pytest.raises(ValueError, match=says):
        Sinusoidal(**{"d_model": 8, "base": 10000.0, "embedding_scale": "one"} | bad)
