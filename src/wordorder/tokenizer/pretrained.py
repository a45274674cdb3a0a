"""pretrained: a vocabulary that someone else trained, read from a tokenizer.json of the Hugging Face layout.

GPT-2's, Llama 2's and 3's layouts lose nothing and are used as they are, but for four things. Special tokens are taken out,
so text that spells one stays text; their ids stay, stand for no bytes and never come out. The space that some put before
every text is put before one that begins with a space too, and before the empty one. A character that the layout writes for
a space is spelt in bytes where a text holds it. Truncation, padding and the template of special tokens are off.

The end token is one id more than the file has, or a token that the file keeps for no text, such as <|endoftext|>: then the
ids are those of the file, and so are the rows of an embedding.

Limits: what is lost by a normalizer or by unknown words cannot be put back, so such a file is refused unless `allow_lossy`;
that nothing is lost is seen on a fixed list of hard texts, not proved. Only JSON is read, no code of others is run.
"""

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from wordorder.errors import InputError
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.finding import find_file
from wordorder.tokenizer.losing import first_lost
from wordorder.tokenizer.vocabulary import read_vocabulary


class Pretrained(Tokenizer):
    """`path`: a tokenizer.json, a folder with one, or a name on the Hugging Face hub such as gpt2. `end_token`: which of its
    added tokens stands before and after every document; "" for one id more.

    It is read by `check` and `train`; what a run keeps is the file itself, so a run needs the path no more.
    """

    def __init__(self, *, path: str, allow_lossy: bool, end_token: str):
        self.path, self.allow_lossy, self.end_token = path, allow_lossy, end_token

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

    @property
    def end_id(self) -> int:
        return len(self.vocab) if self._end is None else self._end

    def digest(self) -> str:
        """Of a named end token too: it is another id in every text."""
        own = super().digest()
        return hashlib.sha256(f"{own} {self.end_token}".encode()).hexdigest() if self.end_token else own

    def state(self) -> str:
        return self._state

    def restore(self, state: str) -> None:
        """Raises ValueError for a file that cannot be read, lacks the end token, or loses text, unless that is allowed."""
        try:
            end, text = keep_for_end(state, self.end_token) if self.end_token else (None, state)
            read = read_vocabulary(text)
            lost = first_lost(read)
        except NoSuchToken:
            raise
        except Exception as error:  # the library has no type of its own for what it cannot read
            raise ValueError(f"cannot be read as a tokenizer.json: {error}") from error
        if lost is not None and not self.allow_lossy:
            raise ValueError(
                f"does not give back every text, such as {lost[:40]!r}: bits per byte needs one that does; "
                "take another, or tokenizer.allow_lossy=true"
            )
        self._state, self._read, self._end, self.lossless = text, read, end, lost is None
        self.vocab, self.prefix = read.tokens, read.prefix.encode("utf-8")


class NoSuchToken(ValueError):
    """The end token is none that a file keeps beside its text."""


def keep_for_end(state: str, name: str) -> tuple[int, str]:
    """The id of an added token, and the file in which no text becomes it. Raises NoSuchToken for any other."""
    file = json.loads(state)
    added = {token["content"]: token for token in file.get("added_tokens", [])}
    if name not in added:
        known = [content for content, token in added.items() if token["special"]]
        shown = ", ".join(known[:5]) + ", ..." * (len(known) > 5)
        raise NoSuchToken(
            f"has no added token {name}: tokenizer.end_token={shown or 'nothing else'}, or '' for one id more"
        )
    token = added[name]
    if token["special"]:
        return token["id"], state
    token["special"] = True
    return token["id"], json.dumps(file, ensure_ascii=False)
