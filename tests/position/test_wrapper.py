"""A wrapper that does nothing is what it wraps; around two, it does what both do."""

import pytest
import torch
from hooks import attention, context_of

from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.position.wrapper import Wrapper

B, H, G, T, K = 2, 4, 2, 7, 4


class Everything(PositionScheme):
    """Acts in every hook, each time by another factor, and notes what it was told."""

    content = True
    per_layer = True

    def __init__(self, factor: float, **promised):
        super().__init__()
        self.factor, self.told = factor, []
        for name, value in promised.items():
            setattr(self, name, value)

    def bind(self, vocab):
        self.told.append(("bind", tuple(vocab)))

    def at_step(self, step, n_steps):
        self.told.append(("at_step", step, n_steps))

    def embed(self, x_BTD, pos):
        return x_BTD * self.factor + pos.q_BT[..., None]

    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return q_BHTK * self.factor + pos.layer, k_BGSK + self.factor

    def visible(self, pos):
        return lambda b, h, i, j: (pos.q(b, i) - pos.k(b, j)) < 2 * self.factor

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score + self.factor * (pos.q(b, i) - pos.k(b, j)) * x_BSD[b, j, 0]


class Own(PositionScheme):
    def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
        return v_BHSK[:, :, -q_BHTK.shape[2] :]


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def inputs() -> tuple[torch.Tensor, ...]:
    return draw(B, H, T, K), draw(B, G, T, K, seed=1), draw(B, G, T, K, seed=2), draw(B, T, 8, seed=3)


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("scheme", [Everything(1.5), Own()], ids=["everything", "own softmax"])
def test_around_one_scheme_every_hook_gives_what_it_gives_alone(scheme, layer):
    q, k, v, x = inputs()
    context, wrapped = context_of(B, T), Wrapper([scheme])
    alone = attention(scheme, q, k, v, x, context, layer=layer)
    assert torch.equal(attention(wrapped, q, k, v, x, context, layer=layer), alone)
    assert torch.equal(wrapped.embed(x, wrapped.prepare(context)), scheme.embed(x, scheme.prepare(context)))
    assert (wrapped.needs, wrapped.replaces_softmax) == (scheme.needs, scheme.replaces_softmax)


def test_around_two_they_act_one_after_the_other():
    one, two = Everything(1.5), Everything(2.5)
    q, k, _, x = inputs()
    context, both = context_of(B, T), Wrapper([one, two])
    pos = both.at_layer(1, both.prepare(context))
    own = one.at_layer(1, one.prepare(context))
    step = one.transform_qk(q, k, x, own)
    for got, expected in zip(both.transform_qk(q, k, x, pos), two.transform_qk(*step, x, own), strict=True):
        assert torch.equal(got, expected)
    assert torch.equal(both.embed(x, pos), two.embed(one.embed(x, own), own))
    mod, masks = both.score_mod(q, k, x, pos), [scheme.visible(own) for scheme in (one, two)]
    for b, h, i, j in [(0, 0, 6, 1), (1, 3, 4, 4), (1, 2, 6, 3)]:
        at = [torch.tensor(n) for n in (b, h, i, j)]
        expected = 0.25 + (1.5 + 2.5) * (i - j) * x[b, j, 0]
        torch.testing.assert_close(mod(torch.tensor(0.25).double(), *at), expected, rtol=0, atol=1e-14)
        assert bool(both.visible(pos)(*at)) == all(bool(mask(*at)) for mask in masks) == (i - j < 3)


def test_all_inside_are_told_the_vocabulary_and_the_step():
    both = Wrapper([Everything(1.0), Everything(2.0)])
    both.bind([b"a", b"b"])
    both.at_step(3, 9)
    assert all(scheme.told == [("bind", (b"a", b"b")), ("at_step", 3, 9)] for scheme in both.of)


@pytest.mark.parametrize("name", ["orders", "reads_ids", "whole_ids", "content", "reads_qk", "by_row"])
def test_what_one_of_two_does_both_do(name):
    for a, b in [(False, False), (True, False), (False, True), (True, True)]:
        assert getattr(Wrapper([Everything(1.0, **{name: a}), Everything(1.0, **{name: b})]), name) is (a or b)


@pytest.mark.parametrize("name", ["shift_invariant", "length_free", "keeps_width", "additive"])
def test_what_both_promise_is_promised(name):
    for a, b in [(False, False), (True, False), (False, True), (True, True)]:
        assert getattr(Wrapper([Everything(1.0, **{name: a}), Everything(1.0, **{name: b})]), name) is (a and b)


@pytest.mark.parametrize("limits", [(None, None), (5, None), (None, 6), (7, 6)])
def test_the_nearer_limit_holds(limits):
    both = Wrapper([Everything(1.0, max_position=limit) for limit in limits])
    assert both.max_position == min((limit for limit in limits if limit is not None), default=None)


@pytest.mark.parametrize("schemes", [[Own(), Everything(1.0)], [Everything(1.0), Own()]])
def test_one_that_replaces_the_softmax_makes_the_kernel_dense(schemes):
    assert Wrapper(schemes).replaces_softmax and Wrapper(schemes).needs == "dense"
    q, k, v, x = inputs()
    expected = v.repeat_interleave(H // G, 1)
    assert torch.equal(attention(Wrapper(schemes), q, k, v, x, context_of(B, T)), expected)


def test_layers_with_the_same_inner_pos_get_one_object():
    flat = Wrapper([Wrapper([PositionScheme()])])
    pos = flat.prepare(context_of(1, T))
    assert flat.at_layer(0, pos) is flat.at_layer(3, pos)
    deep = Wrapper([Everything(1.0)])
    pos = deep.prepare(context_of(1, T))
    assert deep.at_layer(0, pos) is not deep.at_layer(3, pos)


def test_acts_looks_inside():
    nested = Wrapper([Wrapper([Own()])])
    assert nested.acts("attend") and not nested.acts("embed")
    assert Wrapper([PositionScheme(), Everything(1.0)]).acts("embed")


def test_the_first_inside_draws_the_weights_that_it_draws_alone(make_model):
    alone = make_model("learned").initialise(7)
    inner = type(alone.position)(d_model=24, n_positions=128, offset=0, init_std=0.02)
    other = type(alone.position)(d_model=24, n_positions=128, offset=0, init_std=0.02)
    wrapped: Transformer = make_model("none")
    wrapped.position = Wrapper([inner, other]).double()
    wrapped.initialise(7)
    assert torch.equal(inner.table, alone.position.table) and not torch.equal(inner.table, other.table)
