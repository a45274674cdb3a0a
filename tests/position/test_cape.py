"""Augmented ids: the equation on the numbers drawn, their ranges, and schemes asked between whole positions."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import bias, context_of

from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.cape import CAPE
from wordorder.position.context import Context
from wordorder.position.draws import uniform
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.randomized import Randomized
from wordorder.position.rope import RoPE
from wordorder.position.sinusoidal import Sinusoidal
from wordorder.position.t5 import T5

NEAR = dict(rtol=0, atol=1e-5)  # ids up to 40 in float32: off by 2e-6


def cape(scheme: PositionScheme | None = None, **changed) -> CAPE:
    options = dict(global_shift=5.0, local_shift=0.5, global_scale=1.2, seed=0)
    return CAPE(scheme=scheme or NoPE(), **{**options, **changed})


def ids(scheme: CAPE, context: Context) -> torch.Tensor:
    """The ids that the scheme inside is asked with."""
    return scheme.prepare(context).of[0].k_BS


def test_ids_are_those_of_the_equation():
    got = ids(cape(seed=3), context_of(4, 9, step=2))
    for row, numbers in zip(got.tolist(), uniform(3, "cape", 2, torch.arange(4), 11).tolist(), strict=True):
        shift, scale = 5.0 * (2 * numbers[0] - 1), 1.2 ** (2 * numbers[1] - 1)
        expected = [(t + shift + (numbers[2 + t] - 0.5)) * scale for t in range(9)]
        assert row == pytest.approx(expected, abs=1e-5)


def test_each_range_is_filled_evenly_and_not_left():
    n_rows = 4000
    for name, amount, of_ids in [
        ("global_shift", 7.0, lambda row: row[:, 3] - 3),
        ("local_shift", 0.4, lambda row: row[:, 3] - 3),
        ("global_scale", 1.5, lambda row: (row[:, 3] / 3).log() / math.log(1.5)),
    ]:
        nothing = dict(global_shift=0.0, local_shift=0.0, global_scale=1.0)
        drawn = of_ids(ids(cape(**nothing | {name: amount}), context_of(n_rows, 5)).double())
        unit = drawn if name == "global_scale" else drawn / amount
        assert unit.abs().max() < 1 + 1e-5 and unit.min() < -0.99 and unit.max() > 0.99
        assert unit.mean().abs() < 5 / (3 * n_rows) ** 0.5  # standard error of a mean of U(-1, 1)
        assert (unit.square().mean() - 1 / 3).abs() < 5 * (4 / 45 / n_rows) ** 0.5


def test_shift_and_scale_are_a_row_s_and_jitter_a_place_s():
    row = dict(local_shift=0.0, global_scale=1.0)
    assert ids(cape(**row), context_of(50, 9)).diff(dim=1).sub(1).abs().max() < 1e-5
    jitter = ids(cape(global_shift=0.0, global_scale=1.0), context_of(50, 9)) - torch.arange(9)
    assert len(jitter.flatten().unique()) == 450
    scaled = ids(cape(global_shift=0.0, local_shift=0.0), context_of(50, 9))
    torch.testing.assert_close(scaled, scaled[:, 1:2] * torch.arange(9), **NEAR)


def test_tokens_keep_their_order_whatever_is_drawn():
    assert (ids(cape(global_scale=3.0), context_of(2000, 60)).diff(dim=1) >= 0).all()


def test_at_evaluation_ids_are_plain():
    context = context_of(3, 7, step=4)
    assert ids(cape().eval(), context) is context.place_BS


def test_a_draw_is_a_function_of_seed_step_row_and_place():
    first = ids(cape(), context_of(4, 9, step=2))
    assert torch.equal(first[:, :5], ids(cape(), context_of(4, 5, n_new=2, step=2)))
    assert torch.equal(first.flip(0), ids(cape(), context_of(4, 9, step=2, row_B=torch.tensor([3, 2, 1, 0]))))
    packed = make_context(
        torch.zeros(1, 9, dtype=torch.int64), document_BS=torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1, 1]]), step=2
    )
    assert torch.equal(ids(cape(), packed)[0], torch.cat((first[0, :4], first[0, :5])))
    assert not (first[0] == first[1]).any()
    for other in (ids(cape(), context_of(4, 9, step=3)), ids(cape(seed=1), context_of(4, 9, step=2))):
        assert not (first == other).any()


def test_a_sinusoidal_embedding_is_read_between_whole_places():
    options = dict(layout="interleaved", spacing="half_d", offset=0, gain="one", embedding_scale="one")
    scheme, context = cape(Sinusoidal(d_model=8, base=10000.0, **options)), context_of(3, 6)
    got = scheme.embed(torch.zeros(3, 6, 8, dtype=torch.float64), scheme.prepare(context))
    for b, row in enumerate(ids(cape(), context).tolist()):
        for t, place in enumerate(row):
            for m in range(4):
                angle = place * 10000 ** (-2 * m / 8)
                assert got[b, t, 2 * m].item() == pytest.approx(math.sin(angle), abs=1e-5)
                assert got[b, t, 2 * m + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


def test_alibi_inside_lowers_by_distances_between_whole_ones():
    context = context_of(2, 7)
    rows = ids(cape(), context).tolist()
    got = bias(
        cape(ALiBi(n_heads=2, learned=False)), replace(context, place_BS=context.place_BS.expand(2, -1)), n_heads=2
    )
    for b, h, i, j in torch.cartesian_prod(*map(torch.arange, got.shape)).tolist():
        expected = -(1 / 16, 1 / 256)[h] * (rows[b][i] - rows[b][j])
        assert got[b, h, i, j].item() == pytest.approx(expected, abs=1e-6)


def test_rope_inside_turns_by_angles_between_whole_ones():
    rope = RoPE(head_dim=4, theta=100.0, layout="interleaved", rotary_fraction=1.0, frequencies=Plain())
    scheme, context = cape(rope), context_of(2, 5)
    unit = torch.tensor([1.0, 0, 1, 0]).expand(2, 1, 5, 4)
    got, _ = scheme.transform_qk(unit, unit, None, scheme.prepare(context))
    place = ids(cape(), context)
    for pair, omega in enumerate((1.0, 0.1)):
        angle = torch.atan2(got[:, 0, :, 2 * pair + 1], got[:, 0, :, 2 * pair])
        turns = (place * omega - angle) / (2 * math.pi)
        torch.testing.assert_close(turns, turns.round(), **NEAR)


def test_ids_are_float32_so_that_a_bias_stays_float32():
    assert ids(cape(), context_of(2, 5)).dtype == torch.float32


@pytest.mark.parametrize(
    "table",
    [
        Learned(d_model=6, n_positions=40, offset=0, init_std=0.02),
        Randomized(scheme=NoPE(), max_length=40, seed=0),
        T5(n_heads=2, n_layers=1, n_buckets=4, max_distance=8, share="model", init_std=0.02),
    ],
)
def test_a_table_of_whole_positions_is_refused(table):
    with pytest.raises(ValueError, match=f"scheme={type(table).__name__} looks whole position ids up"):
        cape(table)


@pytest.mark.parametrize(
    "bad", [{"global_shift": -1.0}, {"local_shift": 0.6}, {"local_shift": -0.1}, {"global_scale": 0.9}]
)
def test_bad_arguments_are_refused(bad):
    (name, value) = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"{name}={value} must"):
        cape(**bad)
