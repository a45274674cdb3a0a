from dataclasses import replace

import pytest
import torch
from torch.nn.functional import one_hot

from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.learned import Learned


def make(n_positions=9, d_model=6, offset=0, init_std=0.02) -> Learned:
    scheme = Learned(d_model=d_model, n_positions=n_positions, offset=offset, init_std=init_std)
    scheme.initialise(lambda name: torch.Generator().manual_seed(len(name)))
    return scheme


def make_model(scheme: Learned) -> Transformer:
    return Transformer(
        11,
        scheme,
        d_model=6,
        n_layers=1,
        n_heads=2,
        n_kv_heads=2,
        head_dim=3,
        d_ff=8,
        context_length=9,
        norm="layer_norm",
        norm_eps=1e-5,
        activation="gelu",
        bias=False,
        tie_embeddings=True,
        dropout=0.0,
        init_std=0.02,
        kernel="auto",
        **PLAIN,
    )


def test_a_row_of_the_table_is_added():
    scheme = make().double()
    x = torch.randn(2, 7, 6, dtype=torch.float64)
    place = torch.tensor([[0, 1, 2, 3, 4, 5, 6], [8, 0, 3, 3, 2, 7, 1]])
    context = make_context(torch.zeros((2, 7), dtype=torch.int64))
    pos = scheme.prepare(replace(context, place_BS=place))
    expected = x + one_hot(place, 9).double() @ scheme.table
    torch.testing.assert_close(scheme.embed(x, pos), expected, rtol=0, atol=0)


def test_an_offset_is_that_of_opt():
    from transformers.models.opt.modeling_opt import OPTLearnedPositionalEmbedding

    theirs, scheme = OPTLearnedPositionalEmbedding(9, 6), make(offset=2)
    assert scheme.table.shape == theirs.weight.shape == (11, 6)
    assert scheme.max_position == 9
    theirs.weight.data = scheme.table.detach().clone()
    x = torch.randn(2, 9, 6)
    expected = x + theirs(torch.ones(2, 9, dtype=torch.int64))
    got = scheme.embed(x, scheme.prepare(make_context(torch.zeros((2, 9), dtype=torch.int64))))
    torch.testing.assert_close(got, expected, rtol=0, atol=0)


def test_rows_before_the_offset_are_never_read():
    scheme = make(offset=2)
    pos = scheme.prepare(make_context(torch.zeros((1, 9), dtype=torch.int64)))
    scheme.embed(torch.zeros(1, 9, 6), pos).sum().backward()
    assert scheme.table.grad.any(1).tolist() == [False] * 2 + [True] * 9


def test_new_tokens_take_the_last_places():
    scheme = make()
    pos = scheme.prepare(make_context(torch.zeros((1, 7), dtype=torch.int64), n_new=2))
    out = scheme.embed(torch.zeros(1, 2, 6), pos)
    assert torch.equal(out[0], scheme.table[5:7])


def test_table_is_drawn_with_the_given_deviation_from_a_generator_of_its_name():
    names = []

    def generator(name: str) -> torch.Generator:
        names.append(name)
        return torch.Generator().manual_seed(3)

    scheme = Learned(d_model=64, n_positions=256, offset=0, init_std=0.05)
    scheme.initialise(generator)
    drawn = torch.randn(256, 64, generator=torch.Generator().manual_seed(3))
    assert names == ["table"]
    torch.testing.assert_close(scheme.table.detach(), drawn * 0.05)


def test_one_vector_for_each_position_is_learned():
    scheme = make(n_positions=9, d_model=6)
    assert {name: tuple(weight.shape) for name, weight in scheme.named_parameters()} == {"table": (9, 6)}
    assert scheme.max_position == 9


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_longer_input_is_refused_unread(device):
    with torch.device(device):
        model = make_model(make() if device == "cpu" else Learned(d_model=6, n_positions=9, offset=0, init_std=0.02))
        ids = torch.zeros((1, 10), dtype=torch.int64)
    with pytest.raises(ValueError, match="Learned ends at position 9: 10 tokens"):
        model(ids)


def test_the_whole_table_can_be_used():
    assert make_model(make()).initialise(0)(torch.zeros((1, 9), dtype=torch.int64)).isfinite().all()


def test_bfloat16_comes_out_as_it_went_in():
    scheme = make()
    pos = scheme.prepare(make_context(torch.zeros((1, 4), dtype=torch.int64)))
    assert scheme.embed(torch.zeros(1, 4, 6, dtype=torch.bfloat16), pos).dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"n_positions": 0}, "n_positions=0"),
        ({"offset": -1}, "offset=-1"),
        ({"init_std": -0.1}, "init_std=-0.1"),
    ],
)
def test_bad_values_are_named(bad, says):
    with pytest.raises(ValueError, match=says):
        make(**bad)
