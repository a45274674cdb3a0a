"""pretrained: a vocabulary that someone else trained, read from a tokenizer.json of the Hugging Face layout.

GPT-2's, Llama 2's and 3's layouts lose nothing and are used as they are, but for four things. Special tokens are taken out,
so text that spells one stays text; their ids stay, stand for no bytes and never come out. The space that some put before
every text is put before one that begins with a space too, and before the empty one. A character that the layout writes for
a space is spelt in bytes where a text holds it. Truncation, padding and the template of special tokens are off.

Limits: what is lost by a normalizer or by unknown words cannot be put back, so such a file is refused unless `allow_lossy`;
that nothing is lost is seen on a fixed list of hard texts, not proved. Only JSON is read, no code of others is run.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from wordorder.errors import InputError
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.vocabulary import Vocabulary, read_vocabulary

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")
HARD = (  # each is lost by some tokenizer
    "   three before",
    "one\r\ntwo\rthree\n\nfour\r\n\r\n",
    "     ",
    "\ta\t\tb \t c\t",
    "a\x00b\x01\x07\x1b[0m\x7f",
    "\x80\x85\x9f next",
    "中文字符，日本語のテキスト。한국어 텍스트",
    "a\u200bb\u200cc\u200dd\u2060e",
    "\ufeffbegins, and \ufeff inside",
    "e\u0301 \u00e9 \ufb01 \u212b \u00c5 \u2460 \uff46\uff55\uff4c\uff4c \u00bd",
    "no\u00a0break\u2028line\u2029paragraph\u3000wide",
    "\u2581a \u2581\u2581b a\u2581",
    "##ing # ## ###",
    'well , yes . " no " ( it \'s ) ! ?',
    "<|endoftext|><s></s>[UNK][CLS]<unk><pad><|endoftext|>",
    "abcdefghij" * 500,
    "İstanbul ẞ ǅ Ωmega ÀÉÎÕÜ àéîõü",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭🇯🇵 👍🏽",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𠜎 \U0010ffff",
    "",
    "<0x41><0xFF> \\x41 &#65;",
)
# Characters that are spelt with every byte that UTF-8 has, in texts short enough to be shown.
CHARACTERS = "".join(map(chr, (*range(0x800), *range(0x800, 0xD800, 0x800), *range(0xE000, 0x110000, 0x1000))))
EVERY_BYTE = [CHARACTERS[n : n + 32] for n in range(0, len(CHARACTERS), 32)]


class Pretrained(Tokenizer):
    """`path`: a tokenizer.json, a folder with one, or a name on the Hugging Face hub such as gpt2.

    It is read by `check` and `train`; what a run keeps is the file itself, so a run needs the path no more.
    """

    def __init__(self, *, path: str, allow_lossy: bool):
        self.path, self.allow_lossy = path, allow_lossy

    def check(self) -> None:
        self.train(())

    def contents(self) -> dict[str, str]:
        if not hasattr(self, "_state"):
            self.check()
        return {"path": hashlib.sha256(self._state.encode("utf-8")).hexdigest()}

    def train(self, texts: Iterable[str]) -> None:
        """Read the file; there is nothing to learn. Raises InputError."""
        file = find_file(self.path)
        try:
            state = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"tokenizer.path={self.path} cannot be read: {error}") from error
        try:
            self.restore(state)
        except ValueError as error:
            raise InputError(f"tokenizer.path={self.path} {error}") from error

    def encode(self, text: str) -> np.ndarray:
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: list[str]) -> list[np.ndarray]:
        return self._read.encode([self._read.prefix + text for text in texts])

    def encode_inside(self, texts: list[str]) -> list[np.ndarray]:
        return self._read.encode(texts)

    def state(self) -> str:
        return self._state

    def restore(self, state: str) -> None:
        """Raises ValueError for a file that cannot be read or loses text, unless the latter is allowed."""
        try:
            read = read_vocabulary(state)
            lost = first_lost(read)
        except Exception as error:  # the library has no type of its own for what it cannot read
            raise ValueError(f"cannot be read as a tokenizer.json: {error}") from error
        if lost is not None and not self.allow_lossy:
            raise ValueError(
                f"does not give back every text, such as {lost[:40]!r}: bits per byte needs one that does; "
                "take another, or tokenizer.allow_lossy=true"
            )
        self._state, self._read, self.lossless = state, read, lost is None
        self.vocab, self.prefix = read.tokens, read.prefix.encode("utf-8")


def first_lost(read: Vocabulary) -> str | None:
    """The first text of the fixed lists, or of those that tempt this file, whose bytes its ids do not stand for."""
    for text in (*HARD, *EVERY_BYTE, *read.tempting):
        for whole in {read.prefix + text, text}:
            if b"".join(read.tokens[i] for i in read.encode([whole])[0]) != whole.encode("utf-8"):
                return text
    return None


def find_file(path: str) -> Path:
    """The tokenizer.json that a person named. Raises InputError."""
    there = Path(path).expanduser()
    if there.is_dir() and path:
        if (there / "tokenizer.json").is_file():
            return there / "tokenizer.json"
        held = ", ".join(sorted(os.listdir(there))[:5]) or "nothing"
        raise InputError(f"tokenizer.path={path} holds no tokenizer.json (it holds {held}): name a folder that does")
    if there.exists() and path:
        return there
    if HUB_NAME.fullmatch(path) and not path.endswith(".json"):
        return fetch(path)
    names = os.listdir(there.parent) if there.parent.is_dir() else []
    near = get_close_matches(there.name, names, n=3, cutoff=0.5)
    hint = f"near names there are {', '.join(near)}" if near else f"looked in {there.parent.resolve()}"
    raise InputError(f"tokenizer.path={path} does not exist; {hint}")


def fetch(name: str) -> Path:
    """The file of a hub name: the copy that is on this machine, else the hub's."""
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(name, "tokenizer.json", local_files_only=True))
    except (OSError, ValueError):
        pass  # not here yet, or no such name, as the hub will say
    try:
        return Path(hf_hub_download(name, "tokenizer.json"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"tokenizer.path={name} is no file or folder here, and the Hugging Face hub cannot give it "
            f"({type(error).__name__}): give a local tokenizer.json, or fetch it once on a machine with a network, "
            f"as in hf download {name} tokenizer.json"
        ) from error
