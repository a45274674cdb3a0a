"""The plain form gives back any scheme bit for bit; what a folder names is held to what wordorder has."""

import json
from pathlib import Path

import pytest
import torch
from families import build

from wordorder.check import make
from wordorder.contract.bench import Bench
from wordorder.errors import InputError
from wordorder.hugging_face import from_hugging_face, to_hugging_face, to_plain
from wordorder.hugging_face.folder import OWN, STOCK, read_nodes
from wordorder.model.transformer import Transformer
from wordorder.tokenizer.byte import Byte

SCHEMES = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "position").glob("*.yaml"))
TEXT = "12+345=753 and 9+9=81, so it goes on and on"


@pytest.fixture(scope="session")
def made(compose_config):
    """made("rope") -> the node of a scheme, and a trained float32 model of bytes with it."""

    def make_one(name):
        nodes = []

        def make_scheme(sizes):
            words = (f"model.{key}={value}" for key, value in sizes.items())
            nodes.append(compose_config(f"position={name}", *words)["position"])
            scheme = make(nodes[-1], "position")
            scheme.bind(Byte().vocab)
            scheme.at_step(9, 9)
            return scheme

        model = Bench(make_scheme).model(vocab_size=257, context_length=64).float()
        return nodes[-1], model.eval()

    return make_one


@pytest.mark.parametrize("name", SCHEMES)
def test_the_plain_form_gives_back_any_scheme_bit_for_bit(name, made, tmp_path):
    node, model = made(name)
    to_plain(model, tmp_path, node, Byte())
    again, tokenizer = from_hugging_face(tmp_path)
    ids = torch.tensor([[256, *Byte().encode(TEXT).tolist()]])
    with torch.no_grad():
        assert torch.equal(model(ids), again(ids))
    assert again.options == model.options and tokenizer.end_id == 256
    assert not again.training and all(weight.requires_grad for weight in again.parameters())


@pytest.mark.parametrize("name", ["digit_index", "coupled"])
def test_a_scheme_that_reads_digits_does_not_go_without_a_tokenizer(name, made, tmp_path):
    node, model = made(name)
    with pytest.raises(ValueError, match="reads what tokens stand for"):
        to_plain(model, tmp_path / "none", node)
    assert not (tmp_path / "none").exists()
    to_plain(model, tmp_path / "some", node, Byte())
    (tmp_path / "some" / "tokenizer.json").unlink()
    with pytest.raises(InputError, match="position: .* reads what tokens stand for, and there is no tokenizer"):
        from_hugging_face(tmp_path / "some")


def test_the_same_weights_can_be_read_under_another_scheme(compose_config):
    theirs = build("llama2")
    node = compose_config("position=none")["position"]
    ours, _ = from_hugging_face(theirs, position=node)
    own, _ = from_hugging_face(theirs)
    assert type(ours.position).__name__ == "NoPE"
    ids = torch.arange(9)[None]
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), own.parameters(), strict=True))
    assert not torch.allclose(ours(ids), own(ids))
    table = compose_config("position=learned", "model.d_model=24")["position"]
    with pytest.raises(InputError, match=r"^hugging_face=LlamaForCausalLM: position.table of shape .* found nowhere"):
        from_hugging_face(theirs, position=table)


def test_half_precision_weights_are_widened_without_loss(tmp_path):
    theirs = build("llama2").bfloat16()
    theirs.save_pretrained(tmp_path)
    ours, _ = from_hugging_face(tmp_path)
    assert {weight.dtype for weight in ours.parameters()} == {torch.float32}
    assert torch.equal(ours.embedding.weight.bfloat16(), theirs.model.embed_tokens.weight)


def test_an_unknown_class_is_refused_with_those_that_are_known(tmp_path):
    for config in ({"model_type": "mamba"}, {}):
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError) as error:
            from_hugging_face(tmp_path)
        assert str(error.value).startswith(f"hugging_face={tmp_path}: model_type={config.get('model_type')} in config")
        assert all(stock.model_type in str(error.value) for stock in STOCK)


@pytest.mark.parametrize("missing", ["vocab_size", "model", "position"])
def test_a_plain_config_that_lacks_a_part_is_refused(missing):
    config = {"model_type": OWN, "vocab_size": 9, "model": {}, "position": {}}
    with pytest.raises(InputError, match=f"^config.json lacks {missing}"):
        read_nodes({key: value for key, value in config.items() if key != missing})


@pytest.mark.parametrize(
    "target", ["os.system", "wordorder.whole_files.write_whole", "wordorder.positions.x", "mine.X"]
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_scheme_from_elsewhere_is_refused_before_it_is_imported(target, inside, made, tmp_path):
    node, model = made("rope")
    foreign = node | {"frequencies": {"_target_": target}} if inside else {"_target_": target, "command": "true"}
    to_plain(model, tmp_path, foreign)
    with pytest.raises(InputError, match=f"_target_={target} in config.json is no scheme of wordorder; .*allow="):
        from_hugging_face(tmp_path)


def test_a_package_that_is_allowed_may_bring_a_scheme(made, tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("from wordorder.position.none import NoPE as Mine\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _, model = made("none")
    to_plain(model, tmp_path / "model", {"_target_": "elsewhere.Mine"})
    with pytest.raises(InputError, match="allow=elsewhere"):
        from_hugging_face(tmp_path / "model")
    again, _ = from_hugging_face(tmp_path / "model", allow=("elsewhere",))
    ids = torch.arange(9)[None]
    assert torch.equal(model(ids), again(ids))


def test_a_plain_folder_is_always_a_transformer(made, tmp_path):
    node, model = made("none")
    to_plain(model, tmp_path, node)
    config = json.loads((tmp_path / "config.json").read_text())
    config["model"]["_target_"] = "wordorder.whole_files.write_whole"
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert type(from_hugging_face(tmp_path)[0]) is Transformer


def test_weights_of_another_size_are_refused_by_name(tmp_path):
    build("llama2").save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 45}))
    with pytest.raises(
        InputError, match=r"blocks.0.mlp.up.weight of shape \(45, 24\) is expected, and found \(44, 24\)"
    ):
        from_hugging_face(tmp_path)


def test_a_bad_value_is_named_with_the_folder(tmp_path):
    build("llama2").save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_key_value_heads": 5}))
    with pytest.raises(InputError, match=f"^hugging_face={tmp_path}: model.n_kv_heads=5 must divide n_heads=6"):
        from_hugging_face(tmp_path)


def test_a_model_that_no_class_has_is_refused_before_anything_is_written(made, tmp_path):
    _, model = made("sinusoidal")
    with pytest.raises(ValueError, match="^model: no class of transformers computes it; the nearest: "):
        to_hugging_face(model, tmp_path / "model", Byte())
    assert not (tmp_path / "model").exists()
