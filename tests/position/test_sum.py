"""Two schemes at once against what each does, added by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hooks import attention, bias, context_of, random_parameters, scores

from wordorder.by_name import scheme_by_name
from wordorder.check import conf_dir
from wordorder.contract.bench import SIZES, Bench, text
from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE
from wordorder.position.sum import Sum
from wordorder.position.t5 import T5
from wordorder.position.window import Window
from wordorder.position.wrapper import Wrapper

B, H, G, K, T, D = 2, 4, 2, 8, 9, 32


def alibi() -> ALiBi:
    return ALiBi(n_heads=H, learned=False)


def learned(n_positions: int = 20) -> Learned:
    return Learned(d_model=D, n_positions=n_positions, offset=0, init_std=0.3)


def t5() -> T5:
    return T5(n_heads=H, n_layers=3, n_buckets=8, max_distance=16, share="layer", init_std=0.5)


def rope() -> RoPE:
    return RoPE(head_dim=K, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain())


def inputs() -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = ((B, H, T, K), (B, G, T, K), (B, G, T, K), (B, T, D))
    return [torch.randn(shape, dtype=torch.float64, generator=draw) for shape in shapes]


@pytest.mark.parametrize("turned", [False, True])
def test_alibi_and_learned_act_as_each_does_by_hand(turned):
    table, (q, k, _, x) = random_parameters(learned()), inputs()
    scheme = Sum(first=alibi(), second=table) if turned else Sum(first=table, second=alibi())
    place = torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 8, 9, 11, 12, 13, 15, 19]])
    context = replace(context_of(B, T), place_BS=place)
    embedded = scheme.embed(x, scheme.prepare(context))
    scored = scores(scheme, q, k, x, context)
    for b in range(B):
        for i in range(T):
            torch.testing.assert_close(embedded[b, i], x[b, i] + table.table[place[b, i]], rtol=0, atol=0)
            for h in range(H):
                for j in range(i + 1):
                    distance = (place[b, i] - place[b, j]).item()
                    expected = (q[b, h, i] @ k[b, h // 2, j]).item() / K**0.5 - 2.0 ** (-2 * (h + 1)) * distance
                    assert scored[b, h, i, j].item() == pytest.approx(expected, abs=1e-6)  # slopes are float32


def test_two_biases_add_in_each_layer():
    one, two = random_parameters(t5()), alibi()
    context = context_of(1, T)
    for layer in range(3):
        got = bias(Sum(first=one, second=two), context, n_heads=H, layer=layer)
        for i in range(T):
            for j in range(i + 1):
                bucket = min(i - j, 3) if i - j < 4 else 4 + int(i - j >= 6) + int(i - j >= 8)
                expected = one.table[layer, bucket] - (i - j) * torch.tensor([4.0**-n for n in (1, 2, 3, 4)])
                torch.testing.assert_close(got[0, :, i, j], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel", ["bias", "dense"])
def test_rotation_bias_and_window_meet(kernel):
    q, k, v, x = inputs()
    context = context_of(B, T)
    scheme = Sum(first=rope(), second=Window(scheme=alibi(), kind="sliding", size=4))
    got = attention(scheme, q, k, v, x, context, kernel=kernel)
    turned_q, turned_k = rope().transform_qk(q, k, x, rope().prepare(context))
    distance = torch.arange(T)[:, None] - torch.arange(T)
    score = turned_q @ turned_k.repeat_interleave(2, 1).mT / K**0.5
    score = score - torch.tensor([4.0**-n for n in (1, 2, 3, 4)])[:, None, None] * distance
    weight = score.masked_fill((distance < 0) | (distance >= 4), -torch.inf).softmax(-1)
    torch.testing.assert_close(got, weight @ v.repeat_interleave(2, 1), rtol=0, atol=1e-6)  # float32 slopes


class Averages(PositionScheme):
    def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
        return attention.allowed_BHTS.to(v_BHSK.dtype) @ v_BHSK / attention.allowed_BHTS.sum(-1, keepdim=True)


@pytest.mark.parametrize("turned", [False, True])
def test_one_may_replace_the_softmax(turned):
    q, k, v, x = inputs()
    pair = (alibi(), Averages()) if turned else (Averages(), alibi())
    scheme = Sum(first=pair[0], second=pair[1])
    assert scheme.needs == "dense"
    got = attention(scheme, q, k, v, x, context_of(B, T))
    torch.testing.assert_close(
        got[:, 0], v[:, 0].cumsum(1) / torch.arange(1, T + 1)[:, None], rtol=0, atol=1e-12
    )  # another order of summation


@pytest.mark.parametrize("inside", [lambda s: s, lambda s: Window(scheme=s, kind="chunk", size=4)])
def test_two_may_not(inside):
    with pytest.raises(ValueError, match="second=.* replaces the softmax"):
        Sum(first=Averages(), second=inside(Averages()))


NAMES = sorted(path.stem for path in Path(conf_dir(), "position").glob("*.yaml"))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_scheme_is_refused_beside_one_that_widens_queries_where_it_could_not_read_them(name, turned):
    def pair(sizes: dict) -> list[PositionScheme]:
        given = {f"model.{key}": size for key, size in sizes.items()} | {"data_seed": 0}
        return [scheme_by_name(one, given) for one in ((name, "pope") if turned else ("pope", name))]

    model = Bench(lambda sizes: Wrapper(pair(sizes))).model(n_layers=1)  # together, whatever Sum says of it
    try:
        model(text(5))
        served = True
    except RuntimeError:
        served = False
    assert served == (name not in ("cope", "path", "pope", "shaw", "transformer_xl"))
    given = dict(zip(("first", "second"), pair(SIZES), strict=True))
    if served:
        Sum(**given)
    else:
        reader = "first" if turned and name != "pope" else "second"
        with pytest.raises(ValueError, match=f"{reader}={type(given[reader]).__name__} .* PoPE widens them"):
            Sum(**given)


def test_promises_are_both():
    assert Sum(first=learned(7), second=learned(5)).max_position == 5
    assert Sum(first=alibi(), second=learned(7)).max_position == 7
    assert Sum(first=alibi(), second=rope()).max_position is None
    assert Sum(first=alibi(), second=rope()).shift_invariant
    assert not Sum(first=alibi(), second=learned()).shift_invariant
    assert Sum(first=NoPE(), second=alibi()).orders and not Sum(first=NoPE(), second=NoPE()).orders
    assert (Sum(first=NoPE(), second=rope()).needs, Sum(first=rope(), second=alibi()).needs) == ("sdpa", "bias")


def test_the_second_draws_its_parameters_apart_from_the_first():
    scheme = Sum(first=learned(), second=learned())
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    first, second = scheme.parameters()
    assert not torch.equal(first, second)
    alone = learned()
    alone.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    assert torch.equal(first, alone.table)  # as without a sum around it
    pos = scheme.prepare(make_context(torch.zeros(1, T, dtype=torch.int64)))
    torch.testing.assert_close(scheme.embed(torch.zeros(1, T, D), pos)[0], (first + second)[:T])
