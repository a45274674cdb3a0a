"""The model as a whole: what it may see, what it caches, what it is made of."""

import pytest
import torch
import torch.nn.functional as F

from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer
from wordorder.position.alibi import ALiBi
from wordorder.position.frequencies.plain import Plain
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE
from wordorder.position.sinusoidal import Sinusoidal

V, D, T = 31, 24, 29
SIZES = dict(d_model=D, n_layers=2, n_heads=6, n_kv_heads=2, head_dim=4, d_ff=40, context_length=T)
CHOICES = PLAIN | dict(norm="rms_norm", norm_eps=1e-5, activation="swiglu", bias=True, tie_embeddings=False)
SCHEMES = {
    "none": lambda: NoPE(),
    "learned": lambda: Learned(d_model=D, n_positions=T, offset=0, init_std=0.3),
    "sinusoidal": lambda: Sinusoidal(
        d_model=D,
        base=10000.0,
        layout="interleaved",
        spacing="half_d",
        offset=0,
        gain="one",
        embedding_scale="sqrt_d",
    ),
    "rope": lambda: RoPE(head_dim=4, theta=100.0, layout="half", rotary_fraction=1.0, frequencies=Plain()),
    "alibi": lambda: ALiBi(n_heads=6, learned=False),
}
each_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def build(scheme: str = "none", *, vocab_size: int = V, dtype: torch.dtype = torch.float64, **options) -> Transformer:
    """A small model in float64; wide weights, so that attention is far from uniform."""
    given = SIZES | CHOICES | dict(dropout=0.0, init_std=0.3, kernel="auto") | options
    return Transformer(vocab_size, SCHEMES[scheme](), **given).initialise(0).to(dtype)


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(V, (3, T), generator=torch.Generator().manual_seed(1))


# What it may see.


@each_scheme
@pytest.mark.parametrize("kernel", ["auto", "bias", "dense"])
def test_no_gradient_reaches_a_later_token(scheme, kernel):
    model, ids = build(scheme, vocab_size=T, kernel=kernel), torch.arange(T)[None]  # token t stands at place t alone
    for t in (0, 1, 13, T - 2):
        model.zero_grad()
        model(ids)[0, t].square().sum().backward()
        seen = model.embedding.weight.grad
        assert torch.equal(seen[t + 1 :], torch.zeros(T - 1 - t, D, dtype=torch.float64))
        assert (seen[: t + 1].abs().sum(1) > 0).all()


@each_scheme
@pytest.mark.parametrize("kernel", ["auto", "bias", "dense"])
def test_packed_documents_equal_documents_run_apart(scheme, kernel, ids):
    model, parts = build(scheme, kernel=kernel), (7, 1, 13, 8)
    document_BT = torch.arange(4).repeat_interleave(torch.tensor(parts)).repeat(3, 1)
    apart = torch.cat([model(piece) for piece in ids.split(parts, 1)], 1)
    torch.testing.assert_close(model(ids, document_BT=document_BT), apart, rtol=0, atol=1e-12)
    assert (model(ids) - apart).abs().max() > 1e-3


def test_rows_may_be_packed_differently(ids):
    model = build("rope")
    document_BT = torch.stack([(torch.arange(T) >= first).long() for first in (3, 11, 20)])
    packed = model(ids, document_BT=document_BT)
    for row, first in enumerate((3, 11, 20)):
        apart = torch.cat([model(piece[None]) for piece in ids[row].split((first, T - first))], 1)
        torch.testing.assert_close(packed[row : row + 1], apart, rtol=0, atol=1e-12)


def test_a_table_of_positions_ends_with_an_error():
    with pytest.raises(ValueError, match="Learned ends at position 29"):
        build("learned")(torch.zeros(1, T + 1, dtype=torch.long))


# Decoding.


@each_scheme
@pytest.mark.parametrize("kernel", ["auto", "bias", "dense"])
@pytest.mark.parametrize("dtype, close", [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_uneven_chunks_with_a_cache_equal_the_whole(scheme, kernel, dtype, close, ids):
    model = build(scheme, kernel=kernel, dtype=dtype, init_std=0.1)
    cache = model.empty_cache()
    with torch.no_grad():
        chunks = [model(piece, cache=cache) for piece in ids.split((1, 9, 1, 2, 15, 1), 1)]
        torch.testing.assert_close(torch.cat(chunks, 1), model(ids), rtol=0, atol=close)


def test_the_cache_is_needed_to_see_the_past(ids):
    model = build()
    assert (model(ids)[:, -4:] - model(ids[:, -4:])).abs().max() > 1e-3


# What it is made of.


def test_grouped_heads_equal_repeated_heads(ids):
    grouped, repeated = build("rope"), build("rope", n_kv_heads=6)
    weights = grouped.state_dict()
    for name, weight in weights.items():
        if ".attention.k." in name or ".attention.v." in name:
            heads = weight.unflatten(0, (2, 4))
            weights[name] = torch.stack([heads[h // 3] for h in range(6)]).flatten(0, 1)
    repeated.load_state_dict(weights)
    torch.testing.assert_close(grouped(ids), repeated(ids), rtol=0, atol=1e-12)


# Widths 24 and 40, 6 heads on 2 of 4 channels, 31 tokens: q 24x24, k and v 24x8, o 24x24, each matrix of the MLP 24x40.
MAPS, BIASES, TABLE = 24 * 24 + 24 * 8 + 24 * 8 + 24 * 24, 24 + 8 + 8 + 24, 31 * 24


@pytest.mark.parametrize(
    "options, per_layer, final_norm, tables",
    [
        (dict(), MAPS + BIASES + 3 * 960 + 40 + 40 + 24 + 2 * 24, 24, 2 * TABLE),
        (dict(tie_embeddings=True), MAPS + BIASES + 3 * 960 + 40 + 40 + 24 + 2 * 24, 24, TABLE),
        (dict(bias=False), MAPS + 3 * 960 + 2 * 24, 24, 2 * TABLE),
        (dict(activation="gelu", bias=False), MAPS + 2 * 960 + 2 * 24, 24, 2 * TABLE),
        (dict(activation="gelu", norm="layer_norm"), MAPS + BIASES + 2 * 960 + 40 + 24 + 4 * 24, 48, 2 * TABLE),
        (dict(activation="gelu", norm="layer_norm", bias=False), MAPS + 2 * 960 + 2 * 24, 24, 2 * TABLE),
    ],
)
def test_parameters_are_those_counted_by_hand(options, per_layer, final_norm, tables):
    rest = 2 * per_layer + final_norm
    counts = dict(total=rest + tables + T * D, position=T * D, embedding=tables, rest=rest)
    assert build("learned", **options).count_parameters() == counts


def test_a_tied_head_is_the_embedding(ids):
    model = build(tie_embeddings=True)
    before = model(ids)
    with torch.no_grad():
        model.embedding.weight.mul_(2)
    assert (model(ids) - before).abs().max() > 1e-3
    assert not any(name.startswith("head") for name in model.state_dict())


def test_the_state_dict_has_one_vocabulary():
    layer = {f"attention.{name}" for name in "qkvo"} | {"mlp.gate", "mlp.up", "mlp.down"}
    expected = {f"blocks.{n}.{name}.{kind}" for n in range(2) for name in layer for kind in ("weight", "bias")}
    expected |= {f"blocks.{n}.{name}.weight" for n in range(2) for name in ("norm_attention", "norm_mlp")}
    expected |= {"embedding.weight", "norm.weight", "head.weight", "position.table"}
    assert set(build("learned").state_dict()) == expected
    assert build("learned").state_dict()["blocks.1.attention.q.weight"].shape == (24, 24)


def test_compiling_in_place_keeps_names_loss_and_gradients(ids):
    model = build("alibi", n_layers=1)
    names = list(model.state_dict())

    def loss() -> torch.Tensor:
        model.zero_grad()
        nats = F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        nats.backward()
        return nats.detach()

    before = loss()
    slope = model.blocks[0].attention.q.weight.grad.clone()
    model.compile(backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(loss(), before, rtol=0, atol=1e-12)
    torch.testing.assert_close(model.blocks[0].attention.q.weight.grad, slope, rtol=0, atol=1e-12)
    assert list(model.state_dict()) == names


@pytest.mark.parametrize(
    "sizes, message",
    [
        (dict(head_dim=0), "head_dim=0 must be at least 1"),
        (dict(n_token_types=-1), "n_token_types=-1"),
        (dict(logit_scale=0.0), "logit_scale=0.0"),
        (dict(n_kv_heads=4), "n_kv_heads=4 must divide n_heads=6"),
        (dict(n_layers=0), "n_layers=0 must be at least 1"),
        (dict(dropout=1.0), "dropout=1.0"),
        (dict(init_std=0.0), "init_std=0.0"),
    ],
)
def test_sizes_that_no_model_has_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        build(**sizes)


def test_dropout_acts_in_training_alone(ids):
    model = build(dropout=0.5)
    assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids))
