"""From a text to the tensor that enters the first block: by formulas computed apart, and by what a model's first block gets."""

import math
import re
from pathlib import Path

import pytest
import tokenizers
import torch
import torch.nn.functional as F
from layouts import LAYOUTS
from torch import nn

from wordorder.by_name import compose, fill
from wordorder.contract.bench import BLOCK
from wordorder.contract.bench import SIZES as MODEL
from wordorder.input_pipeline import embed_text, explain, make_scheme
from wordorder.model.seeding import generator, seed_of
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.position.none import NoPE
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.char import Char
from wordorder.tokenizer.pretrained import Pretrained

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "conf" / "position").glob("*.yaml"))
SHELF = [name for name in NAMES if (ROOT / "src" / "wordorder" / "position" / f"{name}.py").exists()]
TEXT = "naïve order: 12+34=64, of größer words"
D, H = 24, 6
SIZES = MODEL | {"n_layers": 1, "n_kv_heads": H, "context_length": 64}


@pytest.fixture
def table():
    return torch.randn(300, D, generator=torch.Generator().manual_seed(3))


def lookup(table: torch.Tensor, text: str = TEXT) -> torch.Tensor:
    """Row by row."""
    return torch.stack([table[byte] for byte in text.encode()])


# What enters, by each scheme's formula.


def test_sinusoidal_is_the_published_formula_on_the_scaled_lookup(table):
    out = embed_text(TEXT, Byte(), table, "sinusoidal")
    hand = lookup(table).double() * math.sqrt(D)
    for t in range(len(hand)):
        for m in range(D // 2):
            angle = t / 10000 ** (2 * m / D)
            hand[t, 2 * m] += math.sin(angle)
            hand[t, 2 * m + 1] += math.cos(angle)
    assert out.shape == hand.shape and out.dtype == torch.float32
    torch.testing.assert_close(out.double(), hand, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", [0, 5])
def test_learned_is_the_lookup_plus_the_rows_that_a_model_of_that_seed_draws(seed, table):
    rows = 0.02 * torch.empty(64, D).normal_(generator=generator("weights", seed, "position.table"))
    out = embed_text(TEXT, Byte(), table, "learned", context_length=64, seed=seed)
    torch.testing.assert_close(out, lookup(table) + rows[: len(out)], rtol=0, atol=1e-6)


def test_a_scheme_is_taken_as_it_is(table):
    scheme = make_scheme("learned", D, context_length=50)
    nn.init.normal_(scheme.table, std=3)
    out = embed_text(TEXT, Byte(), table, scheme)
    assert torch.equal(out, lookup(table) + scheme.table[: len(out)])


@pytest.mark.parametrize("name", ["rope", "alibi", "none"])
def test_what_acts_later_leaves_the_plain_lookup(name, table):
    assert torch.equal(embed_text(TEXT, Byte(), table, name), lookup(table))


def test_an_empty_text_has_no_rows(table):
    assert embed_text("", Byte(), table, "sinusoidal").shape == (0, D)


def test_a_module_and_its_weight_are_the_same_embedding_and_gradients_reach_it(table):
    module = nn.Embedding.from_pretrained(table, freeze=False)
    out = embed_text(TEXT, Byte(), module, "sinusoidal")
    assert torch.equal(out, embed_text(TEXT, Byte(), table, "sinusoidal"))
    out.sum().backward()
    assert module.weight.grad[ord("o")].tolist() == pytest.approx([TEXT.count("o") * math.sqrt(D)] * D)


# It is what training does.


def entering(model: Transformer, ids: list[int]) -> torch.Tensor:
    """What the first block of a model is given."""
    seen = []
    handle = model.blocks[0].register_forward_pre_hook(lambda block, args: seen.append(args[0]))
    model(torch.tensor([ids]))
    handle.remove()
    return seen[0][0]


def build(name: str, **changed: object) -> Transformer:
    sizes = SIZES | BLOCK | changed
    scheme = make_scheme(name, D, H, sizes["context_length"])
    scheme.bind(Byte().vocab)
    return Transformer(300, scheme, **sizes).initialise(0)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_block_of_a_model_is_given_the_same_bits(name):
    model = build(name).eval()
    model.position.at_step(0, 10)
    made = embed_text(TEXT, Byte(), model.embedding, name, n_heads=H, context_length=64)
    assert torch.equal(made, entering(model, [*TEXT.encode()]))
    assert torch.equal(made, embed_text(TEXT, Byte(), model.embedding.weight, model.position))
    changes = not torch.equal(made, lookup(model.embedding.weight))
    assert changes == ("changed by it" in explain(name)) and changes == (explain(name).count("plain lookup") == 0)


def test_dropout_is_that_of_the_first_training_step():
    model, before = build("learned", dropout=0.3).train(), torch.get_rng_state()
    dropped = embed_text(TEXT, Byte(), model.embedding, "learned", n_heads=H, context_length=64, dropout=0.3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(seed_of("dropout", 0, 0, 0))
    assert torch.equal(dropped, entering(model, [*TEXT.encode()]))
    whole = embed_text(TEXT, Byte(), model.embedding, "learned", n_heads=H, context_length=64)
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], whole[kept] / 0.7)
    assert 0.6 < kept.float().mean() < 0.8
    other = embed_text(TEXT, Byte(), model.embedding, model.position, dropout=0.3, seed=1)
    assert not torch.equal(other != 0, kept)


def test_the_norm_comes_after_the_scheme_and_before_dropout(table):
    norm = nn.LayerNorm(D)
    nn.init.normal_(norm.bias, generator=torch.Generator().manual_seed(0))
    normed = embed_text(TEXT, Byte(), table, "sinusoidal", norm=norm)
    x = embed_text(TEXT, Byte(), table, "sinusoidal")
    torch.testing.assert_close(normed, F.layer_norm(x, (D,)) + norm.bias)
    dropped = embed_text(TEXT, Byte(), table, "sinusoidal", norm=norm, dropout=0.5)
    torch.testing.assert_close(dropped, torch.where(dropped == 0, 0, 2 * normed))


# Tokenizers.


class Lengths(PositionScheme):
    """Adds how many bytes each token stands for."""

    def bind(self, vocab):
        self.length_V = torch.tensor([len(token) for token in vocab])

    def prepare(self, context):
        return self.length_V[context.tokens_BS]

    def embed(self, x_BTD, pos):
        return x_BTD + pos[..., None]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_hugging_face_tokenizer_gives_what_the_shelf_gives_for_its_file(layout, tmp_path):
    from transformers import PreTrainedTokenizerFast

    path = LAYOUTS[layout](tmp_path)
    ours = Pretrained(path=str(path), allow_lossy=False, end_token="")
    ours.train(())
    table, read = torch.randn(ours.n_ids, D, generator=torch.Generator().manual_seed(4)), ours.encode(TEXT)
    engine = tokenizers.Tokenizer.from_file(str(path))
    fast = PreTrainedTokenizerFast(tokenizer_file=str(path))
    assert engine.encode(TEXT, add_special_tokens=False).ids == read.tolist() and len(read) > 8
    for theirs in (engine, fast):
        for position in ("sinusoidal", Lengths()):
            assert torch.equal(embed_text(TEXT, theirs, table, position), embed_text(TEXT, ours, table, position))
    plain = table[torch.tensor(read)]
    assert (embed_text(TEXT, fast, table, Lengths()) - plain).sum(0)[0].item() == pytest.approx(
        len(ours.prefix) + len(TEXT.encode()), abs=1e-3
    )


# Schemes by name.


@pytest.mark.parametrize("name", NAMES)
def test_a_yaml_has_the_values_that_hydra_composes(name, compose_config):
    own = {"d_model": 24, "n_layers": 3, "n_heads": 6, "n_kv_heads": 2, "head_dim": 4, "context_length": 64}
    sizes = {f"model.{key}": value for key, value in own.items()} | {"data_seed": 7}
    theirs = compose_config(f"position={name}", *(f"{key}={value}" for key, value in sizes.items()))
    assert fill(compose("position", name), sizes) == theirs["position"]


def test_a_scheme_of_any_package_can_be_named_by_its_module(table):
    assert torch.equal(embed_text(TEXT, Byte(), table, "wordorder.position.none"), lookup(table))
    assert isinstance(make_scheme("wordorder.position.none:NoPE", D), NoPE)


# Errors.


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (dict(position="alibbi"), "position='alibbi' is not a scheme: did you mean alibi"),
        (dict(position="zzz"), "choose from alibi, "),
        (dict(position="no_such.scheme"), "no_such.scheme cannot be imported"),
        (dict(position="wordorder.position.learned"), "position.n_positions is missing"),
        (dict(position="learned", context_length=8), f"Learned ends at position 8: {len(TEXT.encode())} tokens"),
        (dict(embedding_VD=torch.zeros(100, D)), "embedding_VD has 100 rows, too few for id 195"),
        (dict(position="rope", n_heads=7), "n_heads=7 must divide d_model=24"),
        (dict(position="rope", n_heads=8), "head_dim=3 must be even"),
        (dict(dropout=1.0), r"dropout=1.0 must lie in \[0, 1\)"),
    ],
    ids=str,
)
def test_what_cannot_be_made_is_refused_in_a_sentence(changed, said, table):
    given = dict(text=TEXT, tokenizer=Byte(), embedding_VD=table, position="none") | changed
    with pytest.raises(ValueError, match=said) as raised:
        embed_text(**given)
    assert "\n" not in str(raised.value)


def test_an_id_just_inside_the_embedding_is_taken(table):
    tokenizer = Char(min_count=1)
    tokenizer.train(["é"])
    assert tokenizer.encode("é").tolist() == [256]
    assert torch.equal(embed_text("é", tokenizer, table[:257], "none")[0], table[256])
    with pytest.raises(ValueError, match="too few for id 256"):
        embed_text("é", tokenizer, table[:256], "none")


# What a scheme does, in words.

PLACES = {  # a word of the `acts on:` line -> what must be said to be changed
    "embedding": "the embedding",
    "q": "queries and keys",
    "q and k": "queries and keys",
    "score": "the score",
    "mask": "the mask",
    "weights": "the softmax",
    "output": "the softmax",
}


@pytest.mark.parametrize("name", SHELF)
def test_the_explanation_names_the_place_that_the_docstring_names(name):
    source = (ROOT / "src" / "wordorder" / "position" / f"{name}.py").read_text(encoding="utf-8")
    acts_on = re.search(r"^acts on: (.+?)   ", source, re.MULTILINE)[1]
    said = explain(name)
    changes = re.search(r"Changes (.+?)\. The tensor", said)[1]
    assert "\n" not in said.split("\n\n")[0] and f"Acts on: {acts_on}." in said
    for place in acts_on.split(", "):
        if place == "nothing":
            assert changes == "nothing"
        elif place in PLACES and name != "by_layer":  # which has what the schemes in it have
            assert PLACES[place] in changes, place
    alone = set(acts_on.split(", ")) <= PLACES.keys() and "Inside it" not in said
    if alone and name != "shaw":  # whose score and output are one hook
        assert changes.count(";") + 1 == len({PLACES[place] for place in acts_on.split(", ")}), changes


def test_a_wrapper_changes_what_the_scheme_inside_changes():
    assert "the embedding" in explain("sum") and "the score" in explain("sum")
    assert "Inside it: Sinusoidal, ALiBi." in explain("sum")
    assert "Changes queries and keys (q and k), inside attention." in explain("randomized")


def test_the_formula_is_the_docstrings():
    assert explain("alibi").endswith("\n\n    score_ij = q_i . k_j / sqrt(K) - slope_h * (i - j)")
