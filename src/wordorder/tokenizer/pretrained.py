"""pretrained: a vocabulary that someone else trained, read from a tokenizer.json of the Hugging Face layout.

GPT-2's, Llama 2's and 3's layouts lose nothing and are used as they are, but for four things. Special tokens are taken out,
so text that spells one stays text; their ids stay, stand for no bytes and never come out. The space that some put before
every text is put before one that begins with a space too, and before the empty one. A character that the layout writes for
a space is spelt in bytes where a text holds it. Truncation, padding and the template of special tokens are off.

Limits: what is lost by a normalizer or by unknown words cannot be put back, so such a file is refused unless `allow_lossy`;
that nothing is lost is seen on a fixed list of hard texts, not proved. Only JSON is read, no code of others is run.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from wordorder.errors import InputError
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.finding import find_file
from wordorder.tokenizer.losing import first_lost
from wordorder.tokenizer.vocabulary import read_vocabulary


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
