"""Random ids against a sort of Python's own, and as a uniform choice of distinct numbers."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from hooks import bias, context_of

from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.draws import uniform
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.randomized import Randomized
from wordorder.position.rope import RoPE


def randomized(scheme: PositionScheme | None = None, *, max_length=64, seed=0) -> Randomized:
    return Randomized(scheme=scheme or NoPE(), max_length=max_length, seed=seed)


def learned(n_positions: int) -> Learned:
    return Learned(d_model=6, n_positions=n_positions, offset=0, init_std=0.02)


def rope() -> RoPE:
    return RoPE(head_dim=8, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain())


def ids(scheme: Randomized, context: Context) -> torch.Tensor:
    """The ids that the scheme inside is asked with, (B, S)."""
    return scheme.prepare(context).of[0].k_BS


def test_ids_are_sorted_distinct_and_in_range():
    drawn = ids(randomized(max_length=40), context_of(500, 37))
    assert drawn.shape == (500, 37)
    assert (drawn.diff(dim=1) > 0).all() and drawn.min() == 0 and drawn.max() == 39


def test_ids_are_those_of_python_s_sort():
    drawn = ids(randomized(max_length=20, seed=3), context_of(4, 7, step=5))
    numbers = uniform(3, "randomized", 5, torch.arange(4), 20).tolist()
    assert drawn.tolist() == [sorted(sorted(range(20), key=row.__getitem__)[:7]) for row in numbers]


def test_every_subset_is_as_likely_as_any_other():
    n_rows, subsets = 20_000, list(combinations(range(6), 3))
    rows = [tuple(row) for row in ids(randomized(max_length=6), context_of(n_rows, 3)).tolist()]
    expected = n_rows / len(subsets)
    for subset in subsets:  # 20 of them; the standard deviation of a count is at most its square root
        assert abs(rows.count(subset) - expected) < 5 * expected**0.5
    for number in range(6):
        assert abs(sum(number in row for row in rows) - n_rows / 2) < 5 * (n_rows / 4) ** 0.5


def test_a_text_as_long_as_the_range_has_plain_ids():
    assert ids(randomized(max_length=9), context_of(2, 9)).tolist() == [list(range(9))] * 2


def test_a_prefix_decoded_at_a_stated_horizon_has_the_ids_of_the_whole():
    scheme, whole = randomized(), context_of(3, 12)
    for n_tokens in range(1, 12):
        prefix = ids(scheme, context_of(3, n_tokens, n_new=1, horizon=12))
        assert torch.equal(prefix, ids(scheme, whole)[:, :n_tokens])
    assert not torch.equal(ids(scheme, context_of(3, 5)), ids(scheme, whole)[:, :5])  # without one the draw is of 5


def test_a_draw_is_a_function_of_seed_step_and_row():
    first = ids(randomized(), context_of(4, 9, step=2))
    assert torch.equal(first, ids(randomized().eval(), context_of(4, 9, step=2)))
    assert torch.equal(first.flip(0), ids(randomized(), context_of(4, 9, step=2, row_B=torch.tensor([3, 2, 1, 0]))))
    assert len({tuple(row) for row in first.tolist()}) == 4
    for other in (ids(randomized(), context_of(4, 9, step=3)), ids(randomized(seed=1), context_of(4, 9, step=2))):
        assert all(a != b for a, b in zip(first.tolist(), other.tolist(), strict=True))


def test_documents_of_a_row_share_its_draw():
    document = torch.tensor([[0, 0, 0, 1, 1]])
    packed = ids(randomized(), make_context(torch.zeros(1, 5, dtype=torch.int64), document_BS=document, horizon=5))
    assert torch.equal(packed[:, 3:], packed[:, :2])


def test_alibi_inside_lowers_by_the_distance_of_ids():
    context = context_of(2, 7)
    drawn = ids(randomized(), context).tolist()
    got = bias(
        randomized(ALiBi(n_heads=2, learned=False)),
        replace(context, place_BS=context.place_BS.expand(2, -1)),
        n_heads=2,
    )
    for b in range(2):
        for h, slope in enumerate((1 / 16, 1 / 256)):
            for i in range(7):
                for j in range(7):
                    assert got[b, h, i, j].item() == pytest.approx(-slope * (drawn[b][i] - drawn[b][j]), abs=1e-6)


def test_rope_inside_turns_by_the_ids():
    context, scheme = context_of(2, 7), randomized(rope())
    q = torch.randn(2, 3, 7, 8, generator=torch.Generator().manual_seed(0))
    drawn = ids(randomized(), context)
    expected, _ = rope().transform_qk(q, q, None, rope().prepare(replace(context, place_BS=drawn)))
    got, _ = scheme.transform_qk(q, q, None, scheme.prepare(context))
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
    assert not torch.equal(got, rope().transform_qk(q, q, None, rope().prepare(context))[0])


def test_a_table_inside_is_read_at_the_ids():
    scheme = randomized(learned(64))
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    context = context_of(2, 7)
    got = scheme.embed(torch.zeros(2, 7, 6), scheme.prepare(context))
    expected = torch.stack([scheme.of[0].table[row] for row in ids(randomized(), context)])
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
    assert scheme.max_position == 64 and randomized(learned(80)).max_position == 64


def test_a_table_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="max_length=64 exceeds 63, where the scheme inside ends"):
        randomized(learned(63))


def test_a_range_of_nothing_is_refused():
    with pytest.raises(ValueError, match="max_length=0 must be at least 1"):
        randomized(max_length=0)
