"""Layouts of layers against the attention and the masks of the families that have them, at Hugging Face."""

import importlib
import math
from itertools import product

import pytest
import torch
from hooks import attention, bias, context_of, random_parameters, scores

from wordorder.check import make
from wordorder.model.attention import choose_kernel
from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.by_layer import ByLayer
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.sum import Sum
from wordorder.position.t5 import T5
from wordorder.position.window import Window

B, H, G, K, T, D, SIZE = 2, 4, 2, 8, 40, 32, 32


def alibi() -> ALiBi:
    return ALiBi(n_heads=H, learned=False)


def t5(n_layers: int = 8, share: str = "layer") -> T5:
    return T5(n_heads=H, n_layers=n_layers, n_buckets=8, max_distance=16, share=share, init_std=0.5)


@pytest.fixture
def preset(compose_config):
    """preset("llama4_layout", "position.every=2") -> the scheme for heads of width K."""

    def made(name: str, *words: str) -> PositionScheme:
        sizes = [f"model.d_model={D}", f"model.n_heads={H}", f"model.n_kv_heads={G}", f"model.head_dim={K}"]
        return make(compose_config(f"position={name}", *sizes, *words)["position"], "position")

    return made


# Whole layouts.

INTERLEAVED = "position.scheme.scheme.layout=interleaved"
FAMILIES = {  # preset: (module, class prefix, changed options, its own options, layers)
    "nope_every_4th": ("smollm3", "SmolLM3", {}, [], 8),
    "rope_local_nope_global": ("cohere2", "Cohere2", {"sliding_window": SIZE}, [INTERLEAVED], 8),
    "llama4_layout": (
        "llama4",
        "Llama4Text",
        {"attention_chunk_size": SIZE, "floor_scale": SIZE, "use_qk_norm": False},
        [INTERLEAVED],
        8,
    ),
    "rope_two_bases": (
        "gemma3",
        "Gemma3",
        {"sliding_window": SIZE, "query_pre_attn_scalar": K},
        ["position.every=6"],
        12,
    ),
}


def family(name: str):
    """What the family calls its layers, and its attention with its rotation and its mask, as layer -> (module, x -> output)."""
    from transformers import masking_utils

    module, prefix, changed, _, n_layers = FAMILIES[name]
    theirs = importlib.import_module(f"transformers.models.{module}.modeling_{module}")
    config_prefix = {"Gemma3": "Gemma3Text"}.get(prefix, prefix)
    config_class = getattr(
        importlib.import_module(f"transformers.models.{module}.configuration_{module}"), f"{config_prefix}Config"
    )
    if name != "rope_two_bases":
        changed = changed | {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    shape = dict(hidden_size=D, num_attention_heads=H, num_key_value_heads=G, head_dim=K, num_hidden_layers=n_layers)
    config = config_class(**shape, max_position_embeddings=T, vocab_size=11, pad_token_id=0, **changed)
    config._attn_implementation = "eager"
    rotary = getattr(theirs, f"{prefix}RotaryEmbedding")(config)
    masks = {
        "full_attention": masking_utils.create_causal_mask,
        "sliding_attention": masking_utils.create_sliding_window_causal_mask,
        "chunked_attention": masking_utils.create_chunked_causal_mask,
    }

    def layer(number: int, x: torch.Tensor) -> tuple[torch.nn.Module, torch.Tensor]:
        kind = config.layer_types[number]
        attend = getattr(theirs, f"{prefix}Attention")(config, number).double().eval()
        for at, weight in enumerate(attend.parameters()):
            torch.nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(at))
        places = torch.arange(T)[None]
        turned = rotary(x, places, layer_type=kind) if name == "rope_two_bases" else rotary(x, places)
        mask = masks[kind](config=config, inputs_embeds=x, attention_mask=None, past_key_values=None)
        return attend, attend(x, position_embeddings=turned, attention_mask=mask)[0]

    return config, layer


@pytest.mark.parametrize("name", FAMILIES)
def test_each_layer_is_that_of_the_family(name, preset):
    config, layer = family(name)
    scheme, x = preset(name, *FAMILIES[name][3]), torch.randn(B, T, D, dtype=torch.float64)
    context, outs = context_of(B, T), []
    with torch.no_grad():
        for number in range(config.num_hidden_layers):
            theirs, expected = layer(number, x)
            maps = (("q_proj", "q_norm"), ("k_proj", "k_norm"), ("v_proj", None))
            q, k, v = (getattr(theirs, to)(x).unflatten(-1, (-1, K)).transpose(1, 2) for to, _ in maps)
            if name == "rope_two_bases":
                q, k = theirs.q_norm(q), theirs.k_norm(k)
            outs.append(attention(scheme, q, k, v, x, context, kernel="bias", layer=number).transpose(1, 2).flatten(2))
            # angles up to 40 in float32, made by another power
            torch.testing.assert_close(theirs.o_proj(outs[-1]), expected, rtol=0, atol=1e-5)
    every = scheme.every
    assert all((outs[n] - outs[every - 1]).abs().max() > 1e-2 for n in range(every - 1))  # two kinds of layers


def test_which_layers_are_of_which_kind(preset):
    for name in FAMILIES:
        config, _ = family(name)
        scheme = preset(name, *FAMILIES[name][3])
        pos = scheme.prepare(context_of(1, T))
        q = torch.randn(1, H, T, K, dtype=torch.float64)
        for number, kind in enumerate(config.layer_types):
            own = scheme.at_layer(number, pos)
            turned = not torch.equal(scheme.transform_qk(q, q[:, :G], q, own)[1], q[:, :G])
            whole = scheme.visible(own) is None
            assert whole == (kind == "full_attention"), (name, number)
            if name == "rope_two_bases":
                assert turned
            elif name == "rope_local_nope_global":
                assert turned == (kind == "sliding_attention")
            else:
                assert turned == bool(config.no_rope_layers[number])  # 1 where it does use RoPE


def test_scores_are_those_of_a_loop_over_layers_and_pairs(preset):
    scheme, x = preset("rope_local_nope_global", "position.scheme.size=3"), torch.randn(1, 9, D, dtype=torch.float64)
    q, k = (torch.randn(1, n, 9, K, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (H, G))
    context, q_HTK, k_GSK = context_of(1, 9), q[0].tolist(), k[0].tolist()
    for layer in range(9):
        got = scores(scheme, q, k, x, context, layer=layer)[0].tolist()
        local = layer not in (3, 7)
        for h, i, j in product(range(H), range(9), range(9)):
            if j > i or (local and i - j >= 3):
                assert got[h][i][j] == -math.inf
                continue
            total, one, two = 0.0, q_HTK[h][i], k_GSK[h // 2][j]
            for m in range(K // 2):
                angle = (i - j) * 10000 ** (-2 * m / K) if local else 0.0
                turn = complex(math.cos(angle), math.sin(angle))
                total += (complex(one[m], one[m + K // 2]) * complex(two[m], -two[m + K // 2]) * turn).real
            assert got[h][i][j] == pytest.approx(total / math.sqrt(K), abs=1e-5)  # float32 angles


# What a layer is told, and what layers share.


def layers_of(scheme: PositionScheme, n_layers: int = 8) -> list:
    pos = scheme.prepare(context_of(1, 9))
    return [scheme.at_layer(layer, pos) for layer in range(n_layers)]


@pytest.mark.parametrize(
    "around", [lambda s: s, lambda s: Sum(first=s, second=alibi()), lambda s: Window(scheme=s, kind="sliding", size=4)]
)
def test_layers_with_one_scheme_have_one_pos(around):
    layers = layers_of(around(ByLayer(scheme=alibi(), other=t5(share="model"), every=4)))
    assert {id(layers[n]) for n in (0, 1, 2, 4, 5, 6)} == {id(layers[0])}
    assert layers[3] is layers[7] and layers[3] is not layers[0]


def test_a_layout_inside_a_layout_shares_too():
    inner = ByLayer(scheme=alibi(), other=NoPE(), every=2)
    layers = layers_of(ByLayer(scheme=t5(share="model"), other=inner, every=3), 12)
    assert [layers[n] is layers[0] for n in range(12)] == [(n + 1) % 3 != 0 for n in range(12)]
    assert layers[2] is layers[8] and layers[5] is layers[11] and layers[2] is not layers[5]


def test_a_model_makes_one_bias_for_each_kind_of_layer(monkeypatch):
    scheme = ByLayer(scheme=alibi(), other=t5(share="model"), every=4)
    model = small(scheme, n_layers=8)
    asked, own = [], scheme.score_mod
    monkeypatch.setattr(scheme, "score_mod", lambda *given: asked.append(1) or own(*given))
    plans = model.plan_layers(make_context(torch.zeros(1, 9, dtype=torch.int64)), scheme.prepare(context_of(1, 9)))
    assert len(asked) == 2 and len({id(plan) for _, plan in plans}) == 2


def test_each_scheme_sees_the_true_number_of_its_layer():
    scheme, other = random_parameters(t5()), random_parameters(t5())
    torch.nn.init.normal_(other.table, generator=torch.Generator().manual_seed(5))
    whole = ByLayer(scheme=scheme, other=other, every=4)
    for layer in range(8):
        expected = (other if layer in (3, 7) else scheme).table[layer, 2]
        torch.testing.assert_close(
            bias(whole, context_of(1, 9), n_heads=H, layer=layer)[0, :, 6, 4], expected, rtol=0, atol=0
        )


# Schemes of unlike kinds.


class Louder(PositionScheme):
    """Reads content: a key's own first channel is added."""

    content = True

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score + x_BSD[b, j, 0]


class Cubes(PositionScheme):
    """Does more than add."""

    additive = False

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score**3 + pos.q(b, i) - pos.k(b, j)


class Averages(PositionScheme):
    """Replaces the softmax: the mean of what is visible."""

    def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
        return attention.allowed_BHTS.to(v_BHSK.dtype) @ v_BHSK / attention.allowed_BHTS.sum(-1, keepdim=True)


PAIRS = {
    "content and static": (Louder, alibi, "bias"),
    "content and nothing": (Louder, NoPE, "bias"),
    "content and mask": (Louder, lambda: Window(scheme=NoPE(), kind="chunk", size=4), "bias"),
    "not additive and static": (Cubes, alibi, "dense"),
    "own softmax and static": (Averages, alibi, "dense"),
    "own softmax and content": (Averages, Louder, "dense"),
    "nothing and mask": (NoPE, lambda: Window(scheme=NoPE(), kind="sliding", size=4), "bias"),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_layer_is_its_own_scheme_alone(pair, turned):
    one, two, kernel = PAIRS[pair]
    one, two = (two(), one()) if turned else (one(), two())
    whole = ByLayer(scheme=one, other=two, every=2)
    assert whole.needs == choose_kernel(whole, "auto", device="cpu") == kernel
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(B, n, 9, K, dtype=torch.float64, generator=draw) for n in (H, G, G))
    x, context = torch.randn(B, 9, D, dtype=torch.float64, generator=draw), context_of(B, 9)
    made = []
    for layer, alone in enumerate((one, two, one)):
        made.append(attention(whole, q, k, v, x, context, kernel=kernel, layer=layer))
        torch.testing.assert_close(made[-1], attention(alone, q, k, v, x, context), rtol=0, atol=1e-6)  # float32 slopes
    assert (made[0] - made[1]).abs().max() > 1e-2


def small(scheme: PositionScheme, n_layers: int = 4) -> Transformer:
    sizes = dict(d_model=D, n_layers=n_layers, n_heads=H, n_kv_heads=G, head_dim=K, d_ff=40, context_length=16)
    choices = PLAIN | dict(norm="rms_norm", norm_eps=1e-5, activation="swiglu", bias=True, tie_embeddings=False)
    model = Transformer(17, scheme, **sizes, **choices, dropout=0.0, init_std=0.3, kernel="auto").double()
    return model.initialise(0).eval()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_model_decodes_and_packs_unlike_kinds(pair):
    one, two, _ = PAIRS[pair]
    model = small(ByLayer(scheme=one(), other=two(), every=2))
    ids = torch.randint(17, (2, 12), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, cache = model(ids), model.empty_cache()
        pieces = [model(piece, cache=cache) for piece in ids.split([5, 1, 4, 2], 1)]
        packed = model(ids, document_BT=torch.tensor([[0] * 7 + [1] * 5] * 2))
        apart = [model(piece) for piece in ids.split([7, 5], 1)]
    # another order of summation in float64
    torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=0, atol=1e-11)
    torch.testing.assert_close(packed, torch.cat(apart, 1), rtol=0, atol=1e-11)


# Promises and refusals.


def test_the_weaker_promise_is_made():
    static, free = alibi(), NoPE()
    assert ByLayer(scheme=static, other=free, every=2).shift_invariant
    assert ByLayer(scheme=free, other=static, every=2).orders
    assert not ByLayer(scheme=free, other=NoPE(), every=2).orders
    assert not ByLayer(scheme=Window(scheme=static, kind="chunk", size=4), other=free, every=2).shift_invariant
    assert ByLayer(scheme=free, other=Louder(), every=2).content
    assert not ByLayer(scheme=free, other=Cubes(), every=2).additive
    assert ByLayer(scheme=free, other=free, every=2).needs == "sdpa"
    limited = NoPE()
    limited.max_position = 7
    with pytest.raises(ValueError, match="7"):
        small(ByLayer(scheme=free, other=limited, every=2))(torch.zeros(1, 8, dtype=torch.int64))


def learned() -> Learned:
    return Learned(d_model=D, n_positions=9, offset=0, init_std=0.3)


@pytest.mark.parametrize("place", ["scheme", "other"])
@pytest.mark.parametrize(
    "inside", [lambda s: s, lambda s: Window(scheme=Sum(first=alibi(), second=s), kind="chunk", size=4)]
)
def test_a_scheme_that_acts_at_the_embedding_is_refused(place, inside):
    given = {"scheme": NoPE(), "other": NoPE(), place: inside(learned())}
    with pytest.raises(ValueError, match=f"{place}=.* acts at the embedding"):
        ByLayer(**given, every=2)


def test_beside_a_layout_the_embedding_may_be_changed():
    table = random_parameters(learned())
    scheme = Sum(
        first=table, second=ByLayer(scheme=alibi(), other=ByLayer(scheme=NoPE(), other=NoPE(), every=2), every=2)
    )
    x = torch.randn(1, 9, D, dtype=torch.float64)
    torch.testing.assert_close(scheme.embed(x, scheme.prepare(context_of(1, 9))), x + table.table, rtol=0, atol=0)


def test_own_parameters_are_drawn_from_names_of_their_own():
    scheme, names = ByLayer(scheme=t5(), other=t5(), every=2), []

    def generator(name: str) -> torch.Generator:
        names.append(name)
        return torch.Generator().manual_seed(len(names))

    scheme.initialise(generator)
    assert names == ["table", "1.table"]
    assert [name for name, _ in scheme.named_parameters()] == ["of.0.table", "of.1.table"]


@pytest.mark.parametrize("every", [1, 0, -4])
def test_every_layer_or_none_is_no_layout(every):
    with pytest.raises(ValueError, match=f"every={every}"):
        ByLayer(scheme=NoPE(), other=NoPE(), every=every)
