"""What every tokenizer promises. Each yaml in conf/tokenizer is held to it, a new one too."""

import inspect
import json
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from layouts import LAYOUTS

from wordorder import identity
from wordorder.check import locate, make
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.shop import train_once

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "tokenizer"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/tokenizer").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", *identity.SHARED["tokenizer"])]
END = "<|endoftext|>"
FORMS = {"WordPiece": 2}  # ids that may stand for the same bytes: one at the start of a word, one inside it

PRETRAINED = [f"pretrained-{layout}" for layout in LAYOUTS]  # one yaml, a tokenizer for each layout that it reads
OWN = [name for name in NAMES if name != "pretrained"]

each_yaml = pytest.mark.parametrize("name", NAMES)
each_tokenizer = pytest.mark.parametrize("name", OWN + PRETRAINED)
each_of_ours = pytest.mark.parametrize("name", OWN)

HARD = {
    "emoji joined and flags": "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭🇯🇵 👍🏽",
    "line ends": "one\r\ntwo\rthree\n\nfour\r\n\r\n",
    "leading spaces": "   three before",
    "only spaces": "     ",
    "tabs": "\ta\t\tb \t c\t",
    "control characters": "a\x00b\x01\x07\x1b[0m\x7f",
    "more control characters": "\x80\x85\x9f next",
    "chinese, japanese, korean": "中文字符，日本語のテキスト。한국어 텍스트",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e",
    "byte order mark": "\ufeffbegins, and \ufeff inside",
    "decomposed and compatibility forms": "e\u0301 é ﬁ Å Å ① ｆｕｌｌ ½",
    "other spaces": "no\u00a0break\u2028line\u2029paragraph\u3000wide",
    "lower one eighth block": "▁a ▁▁b a▁",
    "hashes": "##ing # ## ###",
    "spaces before punctuation": 'well , yes . " no " ( it \'s ) ! ?',
    "special tokens spelt out": f"{END}<s></s>[UNK][CLS]<unk><pad>{END}",
    "a long word": "abcdefghij" * 500,
    "case and diacritics": "İstanbul ẞ ǅ Ωmega ÀÉÎÕÜ àéîõü",
    "astral": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𠜎 \U0010ffff",
    "empty": "",
    "a byte spelt out": "<0x41><0xFF> \\x41 &#65;",
}


def training_texts() -> list[str]:
    """Words, some in other scripts, and a marker that is frequent enough to be merged."""
    draw = random.Random(0)
    words = ["the", "order", "of", "words", "naïve", "größer", "слово", "词序", "🙂", END, "\n\n", "x = [1, 2]"]
    return [" ".join(draw.choices(words, k=200)) for _ in range(40)]


def random_texts(count: int) -> list[str]:
    """Any code points but surrogates, in runs of one block and mixed."""
    draw = random.Random(1)

    def character(low: int, high: int) -> str:
        point = draw.randint(low, high)
        return chr(point) if not 0xD800 <= point <= 0xDFFF else "\ud7ff"

    blocks = [(0, 0x7F), (0, 0x7FF), (0, 0xFFFF), (0, 0x10FFFF), (0x2000, 0x2070), (0x20, 0x2F)]
    return ["".join(character(*draw.choice(blocks)) for _ in range(draw.randint(1, 60))) for _ in range(count)]


TEXTS = [*HARD.values(), *random_texts(300), *training_texts()[:3]]


@pytest.fixture(scope="session")
def node_of(compose_config, tmp_path_factory):
    """The config section of each tokenizer."""
    folder = tmp_path_factory.mktemp("layouts")
    paths = {f"pretrained-{layout}": write(folder / layout) for layout, write in LAYOUTS.items()}

    def node(name: str) -> dict:
        words = [f'tokenizer.path="{paths[name]}"'] if name in paths else []
        return compose_config(f"tokenizer={name.partition('-')[0]}", *words)["tokenizer"]

    return node


@pytest.fixture(scope="session")
def make_tokenizer(node_of):
    return lambda name: make(node_of(name), "tokenizer")


@pytest.fixture(scope="session")
def trained(make_tokenizer):
    """Every tokenizer, trained once; not to be changed."""
    made: dict[str, Tokenizer] = {}

    def train(name: str) -> Tokenizer:
        if name not in made:
            made[name] = make_tokenizer(name)
            made[name].train(training_texts())
        return made[name]

    return train


def assert_text_is_text(tokenizer: Tokenizer, ids: np.ndarray, text: str) -> None:
    """The law, and its consequences for one text."""
    raw = tokenizer.prefix + text.encode("utf-8")
    assert b"".join(tokenizer.vocab[i] for i in ids) == raw
    assert tokenizer.end_id not in ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.byte_lengths_V[ids].sum() == len(raw)


def test_there_are_21_hard_texts():
    assert len(HARD) == 21


@each_tokenizer
@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_texts_are_cut_without_loss(name, text, trained):
    assert_text_is_text(trained(name), trained(name).encode(text), text)


@each_tokenizer
def test_random_texts_are_cut_without_loss(name, trained):
    for text in random_texts(1000):
        assert_text_is_text(trained(name), trained(name).encode(text), text)


@each_tokenizer
def test_a_text_unlike_the_training_text_is_cut_without_loss(name, make_tokenizer):
    tokenizer = make_tokenizer(name)
    tokenizer.train(["aaaa bbbb"])
    for text in TEXTS:
        assert_text_is_text(tokenizer, tokenizer.encode(text), text)


@each_tokenizer
def test_ids_are_int64_and_inside_the_vocabulary(name, trained):
    tokenizer = trained(name)
    for text in TEXTS:
        ids = tokenizer.encode(text)
        assert ids.dtype == np.int64 and ids.ndim == 1
        assert not len(ids) or (ids.min() >= 0 and ids.max() < len(tokenizer.vocab))
    assert tokenizer.end_id == len(tokenizer.vocab) and tokenizer.n_ids == len(tokenizer.vocab) + 1


@each_of_ours
def test_the_vocabulary_spells_every_byte_and_repeats_no_token_of_one_form(name, trained):
    vocab = trained(name).vocab
    assert {bytes([value]) for value in range(256)} <= set(vocab)
    assert max(Counter(vocab).values()) == FORMS.get(type(trained(name)).__name__, 1)
    assert all(vocab)


@each_tokenizer
def test_many_texts_at_once_are_cut_as_one_by_one(name, trained):
    together = trained(name).encode_batch(TEXTS)
    assert len(together) == len(TEXTS)
    for ids, text in zip(together, TEXTS, strict=True):
        np.testing.assert_array_equal(ids, trained(name).encode(text))


@each_tokenizer
def test_spans_tile_the_text(name, trained):
    tokenizer, text = trained(name), HARD["case and diacritics"] + HARD["emoji joined and flags"]
    ids, raw = tokenizer.encode(text), tokenizer.prefix + text.encode()
    spans = tokenizer.byte_spans(ids)
    assert [raw[first:past] for first, past in spans] == [tokenizer.vocab[i] for i in ids]
    assert spans[0, 0] == 0 and spans[-1, 1] == len(raw)


@each_tokenizer
def test_special_ids_have_no_bytes_and_are_not_decoded(name, trained):
    tokenizer = trained(name)
    assert len(tokenizer.byte_lengths_V) == tokenizer.n_ids
    assert tokenizer.byte_lengths_V[tokenizer.end_id] == 0
    ids = tokenizer.encode("one two")
    assert tokenizer.decode([*ids, tokenizer.end_id]) == "one two"
    assert tokenizer.decode([tokenizer.end_id]) == ""


# Copies.

ENCODE = """
import pickle, sys
tokenizer, texts = pickle.load(sys.stdin.buffer)
pickle.dump((tokenizer.digest(), [tokenizer.encode(text) for text in texts]), sys.stdout.buffer)
"""


def in_another_process(tokenizer: Tokenizer) -> tuple[str, list[np.ndarray]]:
    done = subprocess.run(
        [sys.executable, "-c", ENCODE], input=pickle.dumps((tokenizer, TEXTS)), capture_output=True, check=True
    )
    return pickle.loads(done.stdout)


def saved_and_loaded(tokenizer: Tokenizer, empty: Tokenizer, folder: Path) -> Tokenizer:
    tokenizer.save(folder)
    empty.load(folder)
    return empty


@each_tokenizer
def test_copies_cut_alike(name, trained, make_tokenizer, tmp_path):
    tokenizer = trained(name)
    restored = make_tokenizer(name)
    restored.restore(tokenizer.state())
    copies = [
        saved_and_loaded(tokenizer, make_tokenizer(name), tmp_path),
        restored,
        pickle.loads(pickle.dumps(tokenizer)),
    ]
    results = [(copy.digest(), copy.encode_batch(TEXTS)) for copy in copies]
    results.append(in_another_process(tokenizer))
    for digest, cut in results:
        assert digest == tokenizer.digest()
        for ids, text in zip(cut, TEXTS, strict=True):
            np.testing.assert_array_equal(ids, tokenizer.encode(text))
            assert tokenizer.end_id not in ids  # text that spells a marker stays text in every copy
    assert all(copy.vocab == tokenizer.vocab and copy.state() == tokenizer.state() for copy in copies)


TRAIN = """
import json, sys
from wordorder.check import make
node, texts = json.load(sys.stdin)
tokenizer = make(node, "tokenizer")
tokenizer.train(iter(texts))
print(tokenizer.digest())
"""


@each_tokenizer
def test_training_gives_the_same_digest_in_every_process(name, trained, node_of):
    given = json.dumps([node_of(name), training_texts()])
    trainers = [
        subprocess.Popen(
            [sys.executable, "-c", TRAIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": seed},
        )
        for seed in ("1", "3")
    ]
    assert [trainer.communicate(given)[0].strip() for trainer in trainers] == [trained(name).digest()] * 2


@each_tokenizer
def test_what_was_known_before_is_forgotten_by_training_and_loading(name, trained, make_tokenizer):
    tokenizer = make_tokenizer(name)
    tokenizer.train(["zz zz zz ßßß"])
    assert len(tokenizer.byte_lengths_V) == tokenizer.n_ids
    tokenizer.train(training_texts())
    assert tokenizer.digest() == trained(name).digest()
    np.testing.assert_array_equal(tokenizer.byte_lengths_V, trained(name).byte_lengths_V)
    tokenizer.train(["zz"])
    tokenizer.restore(trained(name).state())
    np.testing.assert_array_equal(tokenizer.byte_lengths_V, trained(name).byte_lengths_V)


# The shop of trained tokenizers.


class Texts:
    """Training texts that know how often they were asked for."""

    def __init__(self, seconds: float = 0.0):
        self.asked, self.seconds = 0, seconds

    def __call__(self):
        self.asked += 1
        time.sleep(self.seconds)
        return iter(training_texts())


@each_tokenizer
def test_a_recipe_is_trained_once(name, trained, make_tokenizer, tmp_path):
    texts = Texts()
    for _ in range(3):
        tokenizer = make_tokenizer(name)
        train_once(tokenizer, texts, tmp_path, "recipe-once")
        assert tokenizer.digest() == trained(name).digest()
    assert texts.asked == 1
    train_once(make_tokenizer(name), texts, tmp_path, "recipe-other")
    assert texts.asked == 2


@each_tokenizer
def test_those_who_come_at_once_wait_for_one(name, trained, make_tokenizer, tmp_path):
    texts, made = Texts(seconds=0.2), [make_tokenizer(name) for _ in range(3)]
    threads = [
        threading.Thread(target=train_once, args=(tokenizer, texts, tmp_path, f"recipe-at-once-{name}"))
        for tokenizer in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts.asked == 1
    assert {tokenizer.digest() for tokenizer in made} == {trained(name).digest()}


@each_tokenizer
def test_the_artifact_of_another_is_not_taken(name, trained, make_tokenizer, tmp_path):
    texts, other, digest = Texts(), make_tokenizer(name), trained(name).digest()
    train_once(make_tokenizer(name), texts, tmp_path, "recipe-swapped")
    other.train(["zz zz zz ßßß"])
    if other.digest() == digest:
        return  # nothing is learned
    other.save(tmp_path / digest)
    tokenizer = make_tokenizer(name)
    train_once(tokenizer, texts, tmp_path, "recipe-swapped")
    assert (tokenizer.digest(), texts.asked) == (digest, 2)


DAMAGE = {
    "missing": None,
    "empty": b"",
    "garbage": b"\xff\x00{]",
    "a number": b"5",
    "another shape": b'{"a": [1]}',
    "a list of numbers": b"[1, 2]",
    "half": "half",
    "one character less": "shorter",
}


def damage(path: Path, kind: bytes | str | None) -> None:
    whole = path.read_bytes()
    if kind is None:
        path.unlink()
    else:
        path.write_bytes({"half": whole[: len(whole) // 2], "shorter": whole[:-1]}.get(kind, kind))


@each_tokenizer
@pytest.mark.parametrize("file", ["artifact", "pointer"])
@pytest.mark.parametrize("kind", DAMAGE.values(), ids=DAMAGE)
def test_what_was_damaged_is_made_again(name, file, kind, trained, make_tokenizer, tmp_path):
    texts, digest = Texts(), trained(name).digest()
    train_once(make_tokenizer(name), texts, tmp_path, "recipe-damaged")
    damage(
        tmp_path / digest / "tokenizer.json" if file == "artifact" else tmp_path / "recipes" / "recipe-damaged", kind
    )
    for _ in range(2):
        tokenizer = make_tokenizer(name)
        train_once(tokenizer, texts, tmp_path, "recipe-damaged")
        assert tokenizer.digest() == digest
    assert texts.asked == 2


@each_tokenizer
def test_no_changed_byte_goes_unnoticed(name, trained, make_tokenizer, tmp_path):
    tokenizer, draw = trained(name), random.Random(2)
    tokenizer.save(tmp_path)
    whole = (tmp_path / "tokenizer.json").read_bytes()
    for _ in range(60):
        at = draw.randrange(len(whole))
        (tmp_path / "tokenizer.json").write_bytes(
            whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :]
        )
        other = make_tokenizer(name)
        try:
            other.load(tmp_path)
        except (ValueError, TypeError):
            continue
        assert other.digest() != tokenizer.digest() or other.state() == tokenizer.state()


# Files.


@each_yaml
def test_yaml_is_short_and_lists_every_argument(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15 and text.startswith("# ")
    node = yaml.safe_load(text)
    if "defaults" not in node:  # a preset inherits the rest
        tokenizer = locate(node, "tokenizer", ())
        assert list(node)[1:] == list(inspect.signature(tokenizer).parameters)
        assert issubclass(tokenizer, Tokenizer)


@pytest.mark.parametrize("name", SHELF)
def test_a_tokenizer_has_a_twin_yaml_a_twin_test_and_a_docstring(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.tokenizer.{name}.")
    assert (ROOT / "tests" / "tokenizer" / f"test_{name}.py").exists()
    assert (ROOT / "src/wordorder/tokenizer" / f"{name}.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
