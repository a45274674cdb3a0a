"""Shifted ids: what is drawn, and what schemes make of it."""

import math
from dataclasses import replace

import pytest
import torch
from hooks import bias, context_of

from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE
from wordorder.position.shape import SHAPE
from wordorder.position.sinusoidal import Sinusoidal


def shape(scheme: PositionScheme | None = None, *, max_shift=500, seed=0) -> SHAPE:
    return SHAPE(scheme=scheme or NoPE(), max_shift=max_shift, seed=seed)


def learned(n_positions: int) -> Learned:
    scheme = Learned(d_model=6, n_positions=n_positions, offset=0, init_std=1.0)
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    return scheme


def sinusoidal() -> Sinusoidal:
    options = dict(layout="interleaved", spacing="half_d", offset=0, gain="one", embedding_scale="one")
    return Sinusoidal(d_model=8, base=10000.0, **options)


def ids(scheme: SHAPE, context: Context) -> torch.Tensor:
    """The ids that the scheme inside is asked with."""
    return scheme.prepare(context).of[0].k_BS


def test_a_row_has_one_shift_drawn_evenly_from_0_to_the_largest():
    n_rows, drawn = 12_000, ids(shape(max_shift=5), context_of(12_000, 7))
    assert (drawn.diff(dim=1) == 1).all()
    for shift in range(6):  # both ends belong to the range; the standard deviation of a count is at most its root
        assert abs(int((drawn[:, 0] == shift).sum()) - n_rows / 6) < 5 * (n_rows / 6) ** 0.5
    assert drawn[:, 0].unique().tolist() == [0, 1, 2, 3, 4, 5]


def test_at_evaluation_every_text_has_the_largest_shift():
    scheme = shape().eval()
    assert ids(scheme, context_of(3, 7, step=4)).tolist() == [list(range(500, 507))]
    document = torch.tensor([[0, 0, 0, 1, 1]])
    packed = context_of(1, 5, document_BS=document)
    assert ids(scheme, packed).tolist() == [[500, 501, 502, 500, 501]]


def test_a_shift_is_a_function_of_seed_step_and_row():
    first = ids(shape(), context_of(8, 3, step=2))[:, 0]
    assert torch.equal(first, ids(shape(), context_of(8, 5, n_new=2, step=2, horizon=9))[:, 0])
    assert torch.equal(first.flip(0), ids(shape(), context_of(8, 3, step=2, row_B=torch.arange(8).flip(0)))[:, 0])
    assert len(first.unique()) > 4  # of 501
    for other in (ids(shape(), context_of(8, 3, step=3)), ids(shape(seed=1), context_of(8, 3, step=2))):
        assert (first != other[:, 0]).sum() > 4


@pytest.mark.parametrize("training", [True, False])
def test_a_sinusoidal_embedding_is_that_of_the_shifted_place(training):
    context, scheme = context_of(3, 6, step=1), shape(sinusoidal()).train(training)
    got = scheme.embed(torch.zeros(3, 6, 8, dtype=torch.float64), scheme.prepare(context))
    shifts = ids(shape().train(training), context)[:, 0].expand(3).tolist()
    for b, shift in enumerate(shifts):
        for t in range(6):
            for m in range(4):
                angle = (t + shift) * 10000 ** (-2 * m / 8)
                # angles of up to 505 are float32: off by 3e-5
                assert got[b, t, 2 * m].item() == pytest.approx(math.sin(angle), abs=1e-4)
                assert got[b, t, 2 * m + 1].item() == pytest.approx(math.cos(angle), abs=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_a_table_inside_is_read_at_the_shifted_places_up_to_its_last(training):
    scheme = shape(learned(27), max_shift=20).train(training)
    assert scheme.max_position == 7
    context = context_of(200, 7)
    got = scheme.embed(torch.zeros(200, 7, 6), scheme.prepare(context))
    rows = ids(shape(max_shift=20).train(training), context).expand(200, -1)
    assert rows.max() == 26
    torch.testing.assert_close(got, scheme.of[0].table[rows], rtol=0, atol=0)


def test_schemes_of_distances_alone_are_left_as_they_are():
    context = context_of(3, 7)
    by_row = replace(context, place_BS=context.place_BS.expand(3, -1))
    alibi = bias(ALiBi(n_heads=2, learned=False), by_row, n_heads=2)
    torch.testing.assert_close(bias(shape(ALiBi(n_heads=2, learned=False)), by_row, n_heads=2), alibi, rtol=0, atol=0)
    rope = RoPE(head_dim=8, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain())
    q = torch.randn(3, 2, 7, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    plain, shifted = (
        turned[0] @ turned[1].mT
        for scheme in (rope, shape(rope))
        for turned in [scheme.transform_qk(q, q, None, scheme.prepare(context))]
    )
    torch.testing.assert_close(shifted, plain, rtol=0, atol=1e-3)  # float32 angles of up to 506: off by 3e-5 a channel
    assert shape(rope).shift_invariant and not shape(sinusoidal()).shift_invariant


def test_rows_differ_in_training_only():
    assert shape(ALiBi(n_heads=2, learned=False)).by_row and not shape(ALiBi(n_heads=2, learned=False)).eval().by_row


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (dict(max_shift=0), "max_shift=0 must be at least 1"),
        (dict(scheme=learned(500)), "max_shift=500 leaves no position of the 500 that the scheme inside has"),
    ],
)
def test_bad_arguments_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        shape(**bad)
