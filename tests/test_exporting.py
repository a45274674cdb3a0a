"""What is exported is what was trained: transformers computes the same logits and says the same text, the plain form gives back
every bit, and what cannot be written leaves nothing behind."""

import os

import layouts
import pytest
import runs
import torch

import wordorder
from wordorder import exporting
from wordorder.generating import generate
from wordorder.hugging_face import from_hugging_face

N_NEW = 30
PROMPT = "abc de"
LOUD = {"model.context_length": 64, "trainer.budget": 4}
LOUD |= {"model.init_std": 0.5, "model.tie_embeddings": "false"}  # so that it does not say one token for ever
OWN = {"position": "rope", "tokenizer": "bpe", "tokenizer.vocab_size": 300}
BLOOM = {"model": "bloom", "model/scale": "tiny", "model.init_std": 0.1, "trainer.budget": 20, "optimizer.lr": 0.01}
TRAINED = {  # what is typed, and the class that has it
    "rope": (LOUD | OWN, "GPTNeoXForCausalLM"),
    "learned": (LOUD | {"position": "learned"}, "GPT2LMHeadModel"),
    "bloom": (BLOOM, "BloomForCausalLM"),
    "sinusoidal": (LOUD | {"position": "sinusoidal"}, None),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, compose_config):
    """trained("rope") -> the folder of its run."""
    folder = tmp_path_factory.mktemp("trained")
    runs.write_text(folder / "my.txt")
    given = {"source.train": folder / "my.txt", "output_dir": folder / "outputs", "evaluation": "[]"}
    done = {}

    def train(name, **changed):
        if name not in done:
            done[name] = run(compose_config, given | TRAINED[name][0] | changed)
        return done[name]

    return train


def run(compose_config, changed):
    threads = torch.get_num_threads()
    if changed.get("model") == "bloom":  # a family brings its own sizes and its scheme
        kept = {key: value for key, value in runs.SMALL.items() if not key.startswith("model.")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runs, "SMALL", {key: value for key, value in kept.items() if key != "position"})
            folder = runs.run(compose_config, changed).folder
    else:
        folder = runs.run(compose_config, changed).folder
    torch.set_num_threads(threads)
    return folder


def exported(folder, to, *words):
    assert runs.typed("export", f"run={folder}", f"to={to}", *words) == 0
    return to


@pytest.mark.parametrize("name", [name for name, (_, stock) in TRAINED.items() if stock])
def test_transformers_computes_and_says_the_same(name, trained, tmp_path, capsys):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    ours, tokenizer, _ = wordorder.load(trained(name))
    to = exported(trained(name), tmp_path / "model")
    assert TRAINED[name][1] in capsys.readouterr().out
    theirs = AutoModelForCausalLM.from_pretrained(to).eval()
    assert type(theirs).__name__ == TRAINED[name][1]
    ids = AutoTokenizer.from_pretrained(to)(PROMPT, return_tensors="pt").input_ids
    assert ids.tolist() == [[tokenizer.end_id, *tokenizer.encode(PROMPT).tolist()]]
    text = torch.randint(tokenizer.n_ids, (2, 64), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        mine, other = ours(text), theirs(input_ids=text).logits
    assert float((mine - other).abs().max() / other.abs().max()) < 1e-5
    said = theirs.generate(ids, max_new_tokens=N_NEW, do_sample=False, pad_token_id=0)[0, ids.shape[1] :].tolist()
    wanted = list(generate(ours, ids[0, 1:].tolist(), end_id=tokenizer.end_id, max_new_tokens=N_NEW))
    assert said == wanted and len(said) == N_NEW
    assert runs.typed("generate", f"run={trained(name)}", f"prompt={PROMPT}", f"max_new_tokens={N_NEW}") == 0
    assert capsys.readouterr().out == PROMPT + AutoTokenizer.from_pretrained(to).decode(said) + "\n"


def test_what_is_said_above_is_more_than_one_token(trained):
    for name in ("rope", "learned", "bloom"):
        model, tokenizer, _ = wordorder.load(trained(name))
        prompt = tokenizer.encode(PROMPT).tolist()
        assert len(set(generate(model, prompt, end_id=tokenizer.end_id, max_new_tokens=N_NEW))) > 1


@pytest.mark.parametrize("name", ["sinusoidal", "rope"])
def test_the_plain_form_gives_back_every_bit(name, trained, tmp_path):
    before, tokenizer, _ = wordorder.load(trained(name))
    to = exported(trained(name), tmp_path / "deep" / "er" / "model", "form=plain")
    after, again = from_hugging_face(to)
    assert before.options == after.options
    weights, others = before.state_dict(), after.state_dict()
    assert weights.keys() == others.keys() and all(torch.equal(weights[key], others[key]) for key in weights)
    text = torch.randint(tokenizer.n_ids, (2, 64), generator=torch.Generator().manual_seed(1))
    assert torch.equal(before(text), after(text))
    assert again.end_id == tokenizer.end_id
    assert again.encode(PROMPT).tolist() == tokenizer.encode(PROMPT).tolist()


def test_where_no_class_has_the_choices_it_says_why_and_leaves_nothing(trained, tmp_path, capsys):
    assert runs.typed("export", f"run={trained('sinusoidal')}", f"to={tmp_path / 'model'}") == 1
    error = capsys.readouterr().err
    assert error.startswith("wordorder: form=stock: ") and error.count("\n") == 1
    assert "GPT2LMHeadModel (position=Sinusoidal where it has Learned)" in error
    assert error.endswith("form=plain writes any model\n")
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_filled_and_a_full_one_is_left_as_it_is(trained, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    exported(trained("learned"), tmp_path / "empty")
    names = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"}
    assert {path.name for path in (tmp_path / "empty").iterdir()} == names
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    for taken in (tmp_path / "full", tmp_path / "full" / "mine", tmp_path / "empty"):
        assert runs.typed("export", f"run={trained('learned')}", f"to={taken}") == 1
        assert f"to={taken} is there already" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "full"}


@pytest.mark.parametrize("form", ["stock", "plain"])
def test_who_may_read_what_is_exported_is_what_the_umask_says(form, trained, tmp_path):
    folder = trained("learned")
    before = os.umask(0o027)
    try:
        to = exported(folder, tmp_path / "model", f"form={form}")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in to.iterdir()}
    assert len(modes) == 5 and set(modes.values()) == {0o640}, modes


def test_what_fails_half_way_leaves_nothing(trained, tmp_path, monkeypatch):
    def fail(*_, **__):
        assert list(tmp_path.glob(".model.*/whole/model.safetensors"))  # written beside
        raise OSError("disk full")

    monkeypatch.setattr(exporting, "card", fail)
    config = {"run": str(trained("learned")), "to": str(tmp_path / "model"), "form": "stock", "allow": []}
    with pytest.raises(OSError, match="disk full"):
        exporting.export(config)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["stock", "plain"])
def test_a_tokenizer_without_a_form_is_left_out_and_said_so(form, trained, tmp_path, compose_config, capsys):
    from transformers import AutoModelForCausalLM

    file = layouts.write_unigram_fallback(tmp_path)
    own = {"tokenizer": "pretrained", "tokenizer.path": file, "source.train": tmp_path / "my.txt"}
    runs.write_text(tmp_path / "my.txt")
    folder = run(compose_config, LOUD | own | {"output_dir": tmp_path / "outputs", "evaluation": "[]"})
    capsys.readouterr()
    to = exported(folder, tmp_path / "model", f"form={form}")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and said[1].startswith("the tokenizer is left out: tokenizer=Pretrained cannot be written")
    assert {path.name for path in to.iterdir()} == {"config.json", "model.safetensors", "README.md"}
    card = (to / "README.md").read_text(encoding="utf-8")
    assert "AutoTokenizer" not in card and "The tokenizer has no form" in card
    model = AutoModelForCausalLM.from_pretrained(to) if form == "stock" else from_hugging_face(to)[0]
    assert sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["run is required", "run=FOLDER"]),
        (["run=x"], ["to is required", "to=FOLDER"]),
        (["run=outputs/nowhere", "to=new"], ["run=outputs/nowhere is no run folder"]),
        (["run=x", "to=new", "form=gguf"], ["form='gguf'", "one of stock, plain"]),
        (["run=x", "to=new", "allow=mine"], ["allow='mine'", "list"]),
        (["run=x", "too=new"], ["too", "to"]),
    ],
    ids=str,
)
def test_bad_input_gets_one_sentence(words, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert runs.typed("export", *words) == 1
    out, err = capfd.readouterr()
    assert out == "" and "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err
    assert not list(tmp_path.iterdir())
