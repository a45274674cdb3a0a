"""What is generated is what decoding without a cache gives; draws have the frequencies of a softmax worked by hand; text is
printed as it comes, whole characters only; what is typed wrong gets one sentence."""

import io
import math
import sys
from collections import Counter
from functools import partial

import pytest
import runs
import torch
from hydra import compose, initialize_config_dir
from torch import nn

import wordorder
from wordorder import command, generating
from wordorder.check import conf_dir, make
from wordorder.contract.bench import Bench
from wordorder.errors import InputError
from wordorder.generating import choose, generate, probabilities, write
from wordorder.model.seeding import generator
from wordorder.position.base import PositionScheme
from wordorder.tokenizer.byte import Byte
from wordorder.words import arrange

V, END, LENGTH = 53, 52, 24
PROMPT = [7, 1, 44, 7, 19]
SCHEMES = {
    "none": ["position=none"],
    "learned": ["position=learned"],
    "rope": ["position=rope"],
    "dynamic_ntk": ["position=rope", "position/frequencies=dynamic_ntk", "position.frequencies.trained_length=6"],
    "alibi": ["position=alibi"],
    "t5": ["position=t5"],
    "window": ["position=window", "position.size=4"],
    "by_layer": ["position=by_layer", "position@position.scheme=window", "position.scheme.size=3"],
    "randomized": ["position=randomized", "position.max_length=64"],
    "cope": ["position=cope"],
}
DEPEND_ON_LENGTH = ["dynamic_ntk", "randomized"]


@pytest.fixture(scope="module")
def model_of(compose_config):
    """model_of("rope") -> a float64 model of LENGTH tokens of context whose weights say something."""

    def make_model(name):
        def make_scheme(sizes):
            words = (f"model.{key}={value}" for key, value in sizes.items())
            return make(compose_config(*SCHEMES[name], *words)["position"], "position")

        return Bench(make_scheme).model(vocab_size=V, context_length=LENGTH)

    return make_model


def decode(model, n_tokens, *, horizon, pick=lambda logits_V: int(logits_V.argmax())):
    """Decoding that reads the whole text anew for each token; `horizon(n)` for a text of n tokens so far."""
    ids, said = [END, *PROMPT], []
    with torch.no_grad():
        while len(said) < n_tokens and END not in said:
            said.append(pick(model(torch.tensor([ids + said]), horizon=horizon(len(ids + said)))[0, -1]))
    return said


# What is generated.


@pytest.mark.parametrize("name", SCHEMES)
def test_the_cache_changes_no_token(name, model_of):
    model, n = model_of(name), LENGTH - len(PROMPT)
    wanted = decode(model, n, horizon=lambda _: LENGTH)
    assert list(generate(model, PROMPT, end_id=END, max_new_tokens=n)) == wanted
    draws = generator("generate", 3)
    wanted = decode(model, n, horizon=lambda _: LENGTH, pick=lambda x: choose(x, draws, temperature=1.5))
    assert list(generate(model, PROMPT, end_id=END, max_new_tokens=n, temperature=1.5, seed=3)) == wanted
    assert len(set(wanted)) > 3


@pytest.mark.parametrize("name", DEPEND_ON_LENGTH)
def test_a_scheme_that_depends_on_the_length_is_told_one_length_throughout(name, model_of):
    """So the tokens are not those of a text that grows, which the cache would belie."""
    model, n = model_of(name), 19
    assert not model.position.length_free
    said = list(generate(model, PROMPT, end_id=END, max_new_tokens=n))
    assert said == decode(model, n, horizon=lambda _: len(PROMPT) + n)
    assert said != decode(model, n, horizon=lambda n_tokens: n_tokens)


@pytest.mark.parametrize("name", ["rope", "learned", "alibi"])
def test_a_scheme_that_does_not_says_the_same_however_much_is_asked_for(name, model_of):
    model = model_of(name)
    short, long = (list(generate(model, PROMPT, end_id=END, max_new_tokens=n)) for n in (6, 12))
    assert len(short) == 6 and short == long[:6]


def test_an_empty_prompt_goes_on_from_the_end_token(model_of):
    model = model_of("rope")
    with torch.no_grad():
        wanted = int(model(torch.tensor([[END]]))[0, -1].argmax())
    assert next(generate(model, [], end_id=END, max_new_tokens=1)) == wanted


def test_a_limited_scheme_is_used_to_its_last_position(model_of):
    model = model_of("learned")
    assert model.position.max_position == LENGTH
    said = list(generate(model, PROMPT, end_id=END, max_new_tokens=500))
    assert len(said) == LENGTH - len(PROMPT)  # the last one is said after LENGTH tokens were read, the end token first
    with torch.no_grad():
        whole = model(torch.tensor([[END, *PROMPT, *said[:-1]]]))
    assert whole.shape[1] == LENGTH
    assert len(list(generate(model, PROMPT * 4 + [1, 2, 3], end_id=END, max_new_tokens=9))) == 1
    with pytest.raises(InputError, match=f"prompt has {LENGTH} tokens .* Learned ends at position {LENGTH}"):
        next(generate(model, [1] * LENGTH, end_id=END, max_new_tokens=9))


class Scripted(nn.Module):
    """Says the tokens of a script whatever it reads; `seen` is what `look` returned before each of them."""

    def __init__(self, script, look=lambda: None):
        super().__init__()
        self.script, self.look, self.seen, self.read = script, look, [], []
        self.position, self.context_length = PositionScheme(), 1000
        self.embedding = nn.Embedding(1, 1)

    def empty_cache(self):
        return None

    def forward(self, ids_BT, *, cache, horizon, last):
        self.seen.append(self.look())
        self.read.append(ids_BT.tolist())
        return nn.functional.one_hot(torch.tensor([[self.script[len(self.seen) - 1]]]), 257).double()


def test_generation_ends_at_the_end_token_and_at_the_number_asked_for():
    for n, wanted in ((2, [65, 66]), (3, [65, 66, 256]), (9, [65, 66, 256])):
        model = Scripted([65, 66, 256, 67])
        assert list(generate(model, [97, 98], end_id=256, max_new_tokens=n)) == wanted
        assert model.read == [[[256, 97, 98]], [[65]], [[66]]][:n]  # each token is read once, the last one not at all


# How a token is chosen.

SHARES = [0.1, 0.4, 0.2, 0.3]
LOGITS = torch.tensor(SHARES).log()


def test_temperature_0_takes_the_most_probable_token():
    assert choose(LOGITS, generator(0), temperature=0) == 1
    assert choose(torch.tensor([1.0, 3.0, 3.0]), generator(0), temperature=0) == 1  # the first of equals


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"temperature": 1.0}, SHARES),
        ({"temperature": 0.5}, [0.01 / 0.3, 0.16 / 0.3, 0.04 / 0.3, 0.09 / 0.3]),  # squares
        ({"temperature": 1.0, "top_k": 3}, [0, 4 / 9, 2 / 9, 3 / 9]),
        ({"temperature": 1.0, "top_k": 9}, SHARES),
        ({"temperature": 1.0, "top_p": 0.69}, [0, 4 / 7, 0, 3 / 7]),
        ({"temperature": 1.0, "top_p": 0.71}, [0, 4 / 9, 2 / 9, 3 / 9]),
        ({"temperature": 1.0, "top_p": 1e-9}, [0, 1, 0, 0]),  # never none
        ({"temperature": 1.0, "top_k": 2, "top_p": 0.5}, [0, 1, 0, 0]),  # 4/7 alone reach it, where 0.4 would not
        ({"temperature": 0.5, "top_p": 0.5}, [0, 1, 0, 0]),  # 0.16/0.3 alone, where 0.4 would not
        ({"temperature": 1e-320}, [0, 1, 0, 0]),
        ({"temperature": 1e9}, [0.25] * 4),
    ],
    ids=str,
)
def test_probabilities_are_those_worked_by_hand(changed, wanted):
    assert probabilities(LOGITS, **changed).tolist() == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"top_k": 3}, [1 / 3, 1 / 3, 1 / 3, 0]),
        ({"top_p": 0.5}, [1 / 2, 1 / 2, 0, 0]),  # reached exactly
        ({"top_p": 0.51}, [1 / 3, 1 / 3, 1 / 3, 0]),
        ({"top_p": 0.75}, [1 / 3, 1 / 3, 1 / 3, 0]),
        ({"top_k": 2, "top_p": 0.5}, [1, 0, 0, 0]),
    ],
    ids=str,
)
def test_of_equals_the_first_ones_are_left(changed, wanted):
    assert probabilities(torch.zeros(4), temperature=1.0, **changed).tolist() == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("changed", [{}, {"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.71}], ids=str)
def test_draws_have_the_frequencies_of_the_softmax(changed):
    given = {"temperature": 1.0} | changed
    weights = [share ** (1 / given["temperature"]) for share in SHARES]
    weights[0] *= "temperature" in changed or not changed  # the others leave out the least probable
    draws, n = generator("test"), 4000
    counts = Counter(choose(LOGITS, draws, **given) for _ in range(n))
    for token, weight in enumerate(weights):
        p = weight / sum(weights)
        assert abs(counts[token] - n * p) <= 5 * math.sqrt(n * p * (1 - p)), (token, counts)


def test_draws_are_a_function_of_the_seed_alone(model_of):
    said = partial(generate, model_of("rope"), PROMPT, end_id=END, max_new_tokens=20, temperature=2.0)
    torch.manual_seed(1)
    first, state = list(said(seed=5)), torch.random.get_rng_state()
    torch.rand(3)
    assert list(said(seed=5)) == first != list(said(seed=6))
    torch.manual_seed(1)
    assert torch.equal(torch.random.get_rng_state(), state)  # torch's own generator was not touched


# How it is printed.


def printed(model, tokenizer, monkeypatch, **changed):
    """What `write` prints on stdout and on stderr; the model's `look` sees the former as it grows."""
    settings = {"max_new_tokens": 50, "temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 0}
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    model.look = out.getvalue
    write(model, tokenizer, {"prompt": "ab"} | settings | changed)
    return out.getvalue(), err.getvalue()


def test_text_is_printed_as_it_comes_and_a_character_once_it_is_whole(monkeypatch):
    model = Scripted([*"é🙂c".encode(), 256])
    out, err = printed(model, Byte(), monkeypatch)
    assert model.seen == ["ab", "ab", "abé", "abé", "abé", "abé", "abé🙂", "abé🙂c"]
    assert out == "abé🙂c\n"
    assert err.startswith("8 tokens, ") and err.endswith(" a second; stopped at the end token\n")


@pytest.mark.parametrize(
    ("said", "shown"),
    [(b"\xc3", "\ufffd"), (b"x\xff\xc3y", "x\ufffd\ufffdy"), (b"\xf0\x9f\x99", "\ufffd"), (b"", "")],
    ids=str,
)
def test_bytes_that_are_no_character_show_as_one(said, shown, monkeypatch):
    out, _ = printed(Scripted([*said, 256]), Byte(), monkeypatch)
    assert out == f"ab{shown}\n" == f"{Byte().decode([*b'ab', *said])}\n"


def test_the_prefix_of_a_tokenizer_is_not_shown(monkeypatch):
    class Prefixed(Byte):
        prefix = b" "

        def encode(self, text):
            return super().encode(f" {text}")

    model = Scripted([*b" c", 256])
    assert printed(model, Prefixed(), monkeypatch)[0] == "ab c\n"
    assert model.read[0] == [[256, *b" ab"]]
    model = Scripted([*b" c d", 256])
    assert printed(model, Prefixed(), monkeypatch, prompt="")[0] == "c d\n"
    assert model.read[0] == [[256]]


def test_what_lies_past_the_context_of_training_is_counted(monkeypatch):
    model = Scripted([*b"cdefg"])
    model.context_length = 4  # end a b c | d e f g read, the last one not: e f g come from more than 4
    _, err = printed(model, Byte(), monkeypatch, max_new_tokens=5)
    assert err.endswith("; stopped at max_new_tokens=5; 3 of them past the 4 tokens of a training context\n")
    model = Scripted([*b"cdefg"])
    model.context_length = 7
    _, err = printed(model, Byte(), monkeypatch, max_new_tokens=5)
    assert err.endswith("; stopped at max_new_tokens=5\n")


# The command.


@pytest.fixture(scope="module")
def trained(tmp_path_factory, compose_config):
    """A run with a learned table of 16 positions, and one without positions."""
    folder = tmp_path_factory.mktemp("trained")
    runs.write_text(folder / "my.txt")
    threads = torch.get_num_threads()
    given = {"source.train": folder / "my.txt", "output_dir": folder / "outputs", "evaluation": "[]"}
    outcomes = {name: runs.run(compose_config, given | {"position": name}) for name in ("learned", "none")}
    torch.set_num_threads(threads)
    return {name: outcome.folder for name, outcome in outcomes.items()}


@pytest.mark.parametrize(
    "text",
    [
        "a = b, c",
        "The ",
        " it's",
        'say "x"',
        "${x}",
        "\\",
        "\\'",
        "[1]",
        "a=b",
        "123",
        "???",
        "null",
        "é: {🙂}",
        "a\n\tb",
        "",
    ],
)
def test_any_prompt_can_be_typed(text):
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        config = compose("generate", arrange([f"prompt={text}"], "generate"), return_hydra_config=True)
    assert command.plain(config)[0]["prompt"] == text


def test_the_command_prints_what_the_run_says(trained, capsys):
    assert runs.typed("generate", f"run={trained['none']}", "prompt=a = b, c's", "max_new_tokens=12") == 0
    out, err = capsys.readouterr()
    model, tokenizer, _ = wordorder.load(trained["none"])
    ids = [256, *b"a = b, c's"]
    with torch.no_grad():
        for _ in range(12):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    assert 256 not in ids[1:]
    assert out == bytes(ids[1:]).decode(errors="replace") + "\n"
    assert err.startswith("12 tokens, ") and "; stopped at max_new_tokens=12; 6 of them past the 16 tokens" in err


def test_the_command_draws_the_same_text_from_the_same_seed(trained, capsys):
    said = []
    for words in (["seed=1"], ["seed=1"], ["seed=2"], ["seed=1", "top_p=0.2"], ["seed=1", "top_k=5"]):
        assert runs.typed("generate", f"run={trained['none']}", "temperature=1", "max_new_tokens=30", *words) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and len(set(said)) == 4


def test_the_command_stops_where_the_scheme_ends_and_says_so(trained, capsys):
    assert runs.typed("generate", f"run={trained['learned']}", "prompt=abcdef", "temperature=1") == 0
    out, err = capsys.readouterr()
    assert out.startswith("abcdef") and out.endswith("\n")
    assert err.startswith("10 tokens, ") and err.endswith("; stopped at position 16, where Learned ends\n")
    assert runs.typed("generate", f"run={trained['learned']}", "prompt=" + "a" * 16) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("wordorder: prompt has 16 tokens ") and "at most 15" in err


def test_a_stop_that_was_asked_for_ends_in_130(trained, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(generating, "choose", interrupted)
    assert runs.typed("generate", f"run={trained['none']}", "prompt=ab") == 130
    assert capsys.readouterr() == ("ab", "\nstopped\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["run is required", "run=FOLDER"]),
        (["run=outputs/nowhere"], ["run=outputs/nowhere is no run folder"]),
        (["run=x", "temperature=-1"], ["temperature=-1", "0"]),
        (["run=x", "temperature=inf"], ["temperature=inf"]),
        (["run=x", "temperature=nan"], ["temperature=nan"]),
        (["run=x", "temperature=hot"], ["temperature='hot'", "a number"]),
        (["run=x", "top_k=-1"], ["top_k=-1", "0 leaves all"]),
        (["run=x", "top_k=1.5"], ["top_k=1.5", "whole number"]),
        (["run=x", "top_p=0"], ["top_p=0", "(0, 1]"]),
        (["run=x", "top_p=1.1"], ["top_p=1.1", "(0, 1]"]),
        (["run=x", "max_new_tokens=0"], ["max_new_tokens=0", "at least 1"]),
        (["run=x", "seed=a"], ["seed='a'", "whole number"]),
        (["run=x", "allow=mine"], ["allow='mine'", "list"]),
        (["run=x", "prompt=\udcff"], ["prompt='\\udcff'", "UTF-8"]),
        (["run=x", "promt=a"], ["promt", "prompt"]),
    ],
    ids=ascii,
)
def test_bad_input_gets_one_sentence(words, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert runs.typed("generate", *words) == 1
    out, err = capfd.readouterr()
    assert out == "" and "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err


@pytest.mark.parametrize("bad", [{"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"max_new_tokens": 0}], ids=str)
def test_settings_out_of_range_are_refused_in_python_too(bad):
    with pytest.raises(ValueError, match=f"^{[*bad][0]}={[*bad.values()][0]} "):
        next(generate(Scripted([65]), [], **{"end_id": 256, "max_new_tokens": 1} | bad))
