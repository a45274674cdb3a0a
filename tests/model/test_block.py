"""Where the norms of a block stand, written out; and the original Transformer against torch's own layers."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from wordorder.model.attention import make_plan, may_see
from wordorder.model.block import Block, Forward, Shape
from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.none import NoPE
from wordorder.position.sinusoidal import Sinusoidal

D, H, T, V = 24, 6, 11, 19
SHAPE = Shape(D, H, H, 4, 40, "layer_norm", 1e-5, "gelu", True, 0.0, "pre", False, False)
X = torch.randn(2, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def block(**changed) -> Block:
    torch.manual_seed(1)
    made = Block(replace(SHAPE, **changed), 0).double()
    for weight in made.parameters():
        nn.init.normal_(weight, std=0.4)
    return made


def forward() -> Forward:
    context = make_context(torch.zeros(2, T, dtype=torch.long))
    scheme = NoPE()
    plan = make_plan("sdpa", None, may_see(context), context, n_heads=H, by_row=False)
    return Forward(scheme, context, [(scheme.prepare(context), plan)])


def written(made: Block, placement: str) -> Tensor:
    def attend(x: Tensor) -> Tensor:
        return made.attention(x, forward())

    if placement == "pre":
        x = X + attend(made.norm_attention(X))
        return x + made.mlp(made.norm_mlp(x))
    if placement == "post":
        x = made.norm_attention(X + attend(X))
        return made.norm_mlp(x + made.mlp(x))
    if placement == "sandwich":
        x = X + made.after_attention(attend(made.norm_attention(X)))
        return x + made.after_mlp(made.mlp(made.norm_mlp(x)))
    second = made.norm_attention if placement == "parallel" else made.norm_mlp
    return X + attend(made.norm_attention(X)) + made.mlp(second(X))


PLACEMENTS = {"pre": 2, "post": 2, "sandwich": 4, "parallel": 1, "parallel_two_norms": 2}  # and how many norms each has


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_norms_stand_where_the_placement_says(placement):
    made = block(norm_placement=placement)
    torch.testing.assert_close(made(X, forward()), written(made, placement))
    assert sum(isinstance(part, nn.LayerNorm) for part in made.modules()) == PLACEMENTS[placement]


def test_no_two_placements_are_alike():
    made = block(norm_placement="sandwich")  # has all norms
    made.norm_mlp = made.norm_mlp or made.norm_attention
    outs = [written(made, placement) for placement in PLACEMENTS]
    assert all((a - b).abs().max() > 1e-3 for n, a in enumerate(outs) for b in outs[:n])


def test_queries_and_keys_are_normed_head_by_head():
    made = block(qk_norm=True).attention
    q = made.norm_q(made.split(made.q(X)))
    k = made.norm_k(made.split(made.k(X)))
    scores = (q @ k.mT / 2).masked_fill(torch.ones(T, T).triu(1).bool(), float("-inf"))
    expected = made.o((scores.softmax(-1) @ made.split(made.v(X))).transpose(1, 2).flatten(2))
    torch.testing.assert_close(made(X, forward()), expected)
    assert made.norm_q.weight.shape == (4,) and made.norm_q is not made.norm_k


@pytest.mark.parametrize(
    ("bias", "qkv_bias", "ends"), [(True, False, "qkvo"), (False, True, "qkv"), (False, False, "")]
)
def test_biases_are_where_they_are_asked_for(bias, qkv_bias, ends):
    made = block(bias=bias, qkv_bias=qkv_bias).attention
    assert {name[0] for name, _ in made.named_parameters() if name.endswith(".bias")} == set(ends)


def test_the_original_transformer_is_torchs_encoder_under_a_causal_mask():
    """The paper's decoder without its cross-attention: post-norm layers of torch, and the table of section 3.5 by loops."""
    sizes = dict(d_model=D, n_layers=2, n_heads=H, n_kv_heads=H, head_dim=4, d_ff=40, context_length=T)
    choices = PLAIN | dict(norm="layer_norm", norm_eps=1e-5, activation="relu", bias=True, norm_placement="post")
    rest = dict(tie_embeddings=True, dropout=0.0, init_std=0.3, kernel="auto")
    own = dict(base=10000.0, layout="interleaved", spacing="half_d", offset=0, gain="one", embedding_scale="sqrt_d")
    ours = Transformer(V, Sinusoidal(d_model=D, **own), **sizes, **choices, **rest).initialise(0).double()
    for weight in ours.parameters():
        with torch.no_grad():
            weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    layer = nn.TransformerEncoderLayer(D, H, 40, 0.0, batch_first=True, norm_first=False, dtype=torch.float64)
    theirs = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    with torch.no_grad():
        for mine, other in zip(ours.blocks, theirs.layers, strict=True):
            attention = mine.attention
            other.self_attn.in_proj_weight.copy_(
                torch.cat([part.weight for part in (attention.q, attention.k, attention.v)])
            )
            other.self_attn.in_proj_bias.copy_(
                torch.cat([part.bias for part in (attention.q, attention.k, attention.v)])
            )
            pairs = [
                (other.self_attn.out_proj, attention.o),
                (other.linear1, mine.mlp.up),
                (other.linear2, mine.mlp.down),
            ]
            for into, source in [*pairs, (other.norm1, mine.norm_attention), (other.norm2, mine.norm_mlp)]:
                into.load_state_dict(source.state_dict())
    ids = torch.randint(V, (2, T), generator=torch.Generator().manual_seed(3))
    table = torch.empty(T, D, dtype=torch.float64)
    for t in range(T):
        for m in range(D // 2):
            angle = torch.tensor(t / 10000 ** (2 * m / D), dtype=torch.float64)
            table[t, 2 * m], table[t, 2 * m + 1] = angle.sin(), angle.cos()
    x = ours.embedding.weight[ids] * D**0.5 + table
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    expected = theirs(x, mask=future) @ ours.embedding.weight.T
    torch.testing.assert_close(ours(ids), expected, rtol=1e-6, atol=1e-6)  # our angles are float32
