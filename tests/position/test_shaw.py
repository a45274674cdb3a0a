"""Shaw's keys and values against the equations as a double loop, and against Hugging Face's Wav2Vec2-BERT and VITS."""

from dataclasses import replace

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.position.base import DenseAttention
from wordorder.position.shaw import Shaw

B, H, G, K, T, CLIP = 2, 4, 2, 4, 12, 3
SUMMED = dict(rtol=0, atol=1e-13)  # float64, another order of summation


def shaw(**changed) -> Shaw:
    options = dict(n_layers=3, head_dim=K, clip_distance=CLIP, values=True, share="layer")
    return Shaw(**{**options, **changed})


def qkvx(n_tokens: int = T, n_kv_heads: int = G) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = ((B, H, n_tokens, K), (B, n_kv_heads, n_tokens, K), (B, n_kv_heads, n_tokens, K), (B, n_tokens, H * K))
    return [torch.randn(size, generator=draw, dtype=torch.float64) for size in sizes]


def equations(q, k, v, key_table, value_table, place) -> torch.Tensor:
    """Equations 3 and 4, query by query and key by key; ids of row b are place[b]."""
    out = torch.zeros_like(q)
    for b in range(B):
        for h in range(H):
            group = h // (H // G)
            for i in range(q.shape[2]):
                n = [min(int(place[b][i] - place[b][j]), CLIP) for j in range(i + 1)]
                e = [q[b, h, i] @ (k[b, group, j] + key_table[n[j]]) / K**0.5 for j in range(i + 1)]
                weight = torch.stack(e).softmax(0)
                for j in range(i + 1):
                    value = v[b, group, j] if value_table is None else v[b, group, j] + value_table[n[j]]
                    out[b, h, i] += weight[j] * value
    return out


@pytest.mark.parametrize("values", [True, False])
@pytest.mark.parametrize("share", ["layer", "model"])
def test_output_is_that_of_the_equations(values, share):
    scheme = random_parameters(shaw(values=values, share=share))
    q, k, v, x = qkvx()
    place = torch.stack((torch.arange(T), torch.tensor([0, 2, 3, 4, 5, 6, 9, 10, 12, 13, 14, 20])))
    got = attention(scheme, q, k, v, x, replace(context_of(B, T), place_BS=place), layer=2)
    row = 2 if share == "layer" else 0
    expected = equations(q, k, v, scheme.key_table[row], scheme.value_table[row] if values else None, place)
    torch.testing.assert_close(got, expected, **SUMMED)


def test_scores_are_those_of_wav2vec2_bert():
    from transformers import Wav2Vec2BertConfig
    from transformers.models.wav2vec2_bert.modeling_wav2vec2_bert import Wav2Vec2BertSelfAttention

    config = Wav2Vec2BertConfig(
        hidden_size=H * K,
        num_attention_heads=H,
        position_embeddings_type="relative_key",
        left_max_position_embeddings=CLIP,
        right_max_position_embeddings=1,
        attention_dropout=0.0,
        attn_implementation="eager",
    )
    theirs = Wav2Vec2BertSelfAttention(config).double().eval()
    scheme = random_parameters(shaw(values=False))
    table = theirs.distance_embedding.weight.data  # of j - i from -CLIP to 1
    table[: CLIP + 1] = scheme.key_table[0].detach().flip(0)
    x = qkvx()[3]
    q, k, v = (getattr(theirs, f"linear_{name}")(x).unflatten(-1, (H, K)).transpose(1, 2) for name in "qkv")
    mask = torch.full((T, T), -torch.inf, dtype=torch.float64).triu(1)[None, None]
    for kernel in ("dense", "bias"):
        got = attention(scheme, q, k, v, x, context_of(B, T), kernel=kernel)
        expected = theirs(x, attention_mask=mask)[0]
        torch.testing.assert_close(theirs.linear_out(got.transpose(1, 2).flatten(2)), expected, **SUMMED)


def test_output_is_that_of_vits_within_its_window():
    from transformers import VitsConfig
    from transformers.models.vits.modeling_vits import VitsAttention

    config = VitsConfig(hidden_size=H * K, num_attention_heads=H, window_size=T, attention_dropout=0.0)
    theirs = VitsAttention(config).double().eval()
    scheme = random_parameters(shaw(clip_distance=T))
    theirs.emb_rel_k.data[0, : T + 1] = scheme.key_table[1].detach().flip(0)  # of j - i from -T to T
    theirs.emb_rel_v.data[0, : T + 1] = scheme.value_table[1].detach().flip(0)
    x = qkvx()[3]
    q, k, v = (getattr(theirs, f"{name}_proj")(x).unflatten(-1, (H, K)).transpose(1, 2) for name in "qkv")
    mask = torch.full((T, T), -torch.inf, dtype=torch.float64).triu(1).expand(B, 1, T, T)
    got = attention(scheme, q, k, v, x, context_of(B, T), layer=1)
    expected = theirs(x, attention_mask=mask)[0]
    torch.testing.assert_close(theirs.out_proj(got.transpose(1, 2).flatten(2)), expected, **SUMMED)


def test_kernels_agree_without_values_on_grouped_keys_and_new_tokens():
    scheme = random_parameters(shaw(values=False))
    q, k, v, x = qkvx()
    whole = attention(scheme, q, k, v, x, context_of(B, T))
    for kernel in ("dense", "bias"):
        got = attention(scheme, q[:, :, -5:], k, v, x, context_of(B, T, 5), kernel=kernel)
        torch.testing.assert_close(got, whole[:, :, -5:], **SUMMED)


def test_beyond_the_clip_distance_all_keys_are_equally_far():
    scheme = random_parameters(shaw())
    q, k, _, x = qkvx()
    before = scores(scheme, q, k, x, context_of(B, T))
    with torch.no_grad():
        scheme.key_table[0, CLIP] += 1
    change = scores(scheme, q, k, x, context_of(B, T)) - before
    far = torch.ones(T, T, dtype=torch.bool).tril(-CLIP)
    expected = (q.sum(-1, keepdim=True) / K**0.5).expand(B, H, T, T)
    torch.testing.assert_close(change[..., far], expected[..., far], **SUMMED)
    assert not change[..., torch.ones(T, T, dtype=torch.bool).tril() & ~far].any()


def test_values_ask_for_explicit_weights_and_keys_alone_do_not():
    assert shaw(values=True).needs == "dense"
    assert shaw(values=False).needs == "bias"


def test_dropout_reaches_both_sums():
    scheme = random_parameters(shaw(n_layers=1))
    q, k, v, x = qkvx()
    allowed = torch.ones(T, T, dtype=torch.bool).tril().expand(B, H, T, T)
    dropped = DenseAttention(K**-0.5, allowed, torch.zeros(B, H, T, T, dtype=torch.float64), lambda w: 0 * w)
    kv = (k.repeat_interleave(H // G, 1), v.repeat_interleave(H // G, 1))
    assert not scheme.attend(q, *kv, x, scheme.prepare(context_of(B, T)), dropped).any()


def test_tables_are_drawn_within_the_bound_of_the_authors_code():
    scheme = shaw(n_layers=40, head_dim=64, clip_distance=16)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    bound = (6 / (33 + 64)) ** 0.5
    for table in (scheme.key_table, scheme.value_table):
        assert 0.99 * bound < table.abs().max() <= bound
    assert not torch.equal(scheme.key_table, scheme.value_table)


@pytest.mark.parametrize("bad", [{"clip_distance": 0}, {"clip_distance": -3}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        shaw(**bad)
