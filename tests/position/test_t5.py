"""T5's bias against Hugging Face's decoder attention and its published buckets."""

import pytest
import torch
from hooks import attention, bias, context_of, random_parameters

from wordorder.position.t5 import T5

H, K, T = 6, 4, 200
FIRST = [16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]  # the first distance of buckets 16 to 31


def t5(**changed) -> T5:
    options = dict(n_heads=H, n_layers=3, n_buckets=32, max_distance=128, share="model", init_std=0.5)
    return T5(**{**options, **changed})


def test_buckets_begin_where_published():
    bucket = t5().bucket(torch.arange(100_000))
    assert bucket[:16].tolist() == list(range(16))
    assert [int((bucket == n).nonzero()[0]) for n in range(16, 32)] == FIRST
    assert bucket[113:].unique().tolist() == [31]


def reference(scheme: T5, d_model: int):
    from transformers import T5Config
    from transformers.models.t5.modeling_t5 import T5Attention

    config = T5Config(d_model=d_model, d_kv=K, num_heads=H, is_decoder=True, dropout_rate=0.0)
    theirs = T5Attention(config, has_relative_attention_bias=True, layer_idx=0).double().eval()
    theirs.relative_attention_bias.weight.data = scheme.table[0].detach().clone()
    return theirs


def test_bias_is_that_of_the_reference_attention():
    scheme = random_parameters(t5())
    theirs = reference(scheme, H * K).compute_bias(T, T)
    causal = torch.ones(T, T, dtype=torch.bool).tril()
    got = bias(scheme, context_of(1, T), n_heads=H)
    torch.testing.assert_close(got[..., causal], theirs[..., causal].double(), rtol=0, atol=0)


def test_output_is_that_of_the_reference_attention_once_its_queries_are_scaled():
    scheme, x = random_parameters(t5()), torch.randn(2, 40, H * K, dtype=torch.float64)
    theirs = reference(scheme, H * K)
    q, k, v = (getattr(theirs, name)(x).unflatten(-1, (H, K)).transpose(1, 2) for name in "qkv")
    mask = torch.full((40, 40), -torch.inf, dtype=torch.float64).triu(1)[None, None]
    expected = theirs(x, mask=mask)[0]
    got = theirs.o(attention(scheme, q * K**0.5, k, v, x, context_of(2, 40), kernel="bias").transpose(1, 2).flatten(2))
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_a_table_a_layer_is_used_in_its_layer():
    scheme = random_parameters(t5(share="layer"))
    layers = [bias(scheme, context_of(1, 8), n_heads=H, layer=layer) for layer in range(3)]
    for layer, got in enumerate(layers):
        torch.testing.assert_close(got[0, :, 5, 2], scheme.table[layer, 3], rtol=0, atol=0)


@pytest.mark.parametrize("bad", [{"n_buckets": 7}, {"n_buckets": 0}, {"max_distance": 16}, {"init_std": -1.0}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        t5(**bad)
