"""base: how text is cut. A vocabulary is a list of byte strings; decoding, lengths and spans follow from it.

Law: prefix + text.encode() == b"".join(vocab[i] for i in encode(text)) for every Unicode text. The end token's id lies
beyond the vocabulary, or is one that a loaded file keeps for it and no text becomes: text that spells it stays text.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np

from wordorder.whole_files import write_whole


class Tokenizer:
    """Interface of the shelf. A constructor takes the recipe; `train` or `load` fills `vocab`."""

    prefix: bytes = b""  # a constant that a loaded tokenizer puts before every text; declared, not counted
    lossless: bool = True  # the law holds; False only for a loaded one that a person took knowingly

    @property
    def vocab(self) -> list[bytes]:
        """What each text id stands for."""
        return self._vocab

    @vocab.setter
    def vocab(self, tokens: list[bytes]) -> None:
        self._vocab = tokens
        self.__dict__.pop("byte_lengths_V", None)  # those of the vocabulary before

    def check(self) -> None:
        """Raise InputError where what a person named cannot be read; before any work."""

    def contents(self) -> dict[str, str]:
        """The digest of what each argument that is a path points to; {} where none is one."""
        return {}

    def train(self, texts: Iterable[str]) -> None:
        """Learn the vocabulary from texts; one that needs no training has it from the start."""

    def encode(self, text: str) -> np.ndarray:
        """Ids of one text, int64 (T,)."""
        raise NotImplementedError

    def encode_batch(self, texts: list[str]) -> list[np.ndarray]:
        """Ids of each text; override where many at once are faster."""
        return [self.encode(text) for text in texts]

    def encode_inside(self, texts: list[str]) -> list[np.ndarray]:
        """Ids of texts that go on inside a document, so without the prefix."""
        return self.encode_batch(texts)

    def state(self) -> str:
        """All that was learned, as text; equal states encode equally."""
        return json.dumps([token.hex() for token in self.vocab])

    def restore(self, state: str) -> None:
        """The inverse of `state`."""
        self.vocab = [bytes.fromhex(token) for token in json.loads(state)]

    @property
    def end_id(self) -> int:
        """The id before and after every document."""
        return len(self.vocab)

    @property
    def n_ids(self) -> int:
        """Vocabulary and end token together: the rows of an embedding."""
        return max(len(self.vocab), self.end_id + 1)

    @cached_property
    def byte_lengths_V(self) -> np.ndarray:
        """Bytes that each id stands for, int64 (n_ids,); 0 for special ids."""
        lengths = [len(token) for token in self.vocab]
        return np.array(lengths + [0] * (self.n_ids - len(lengths)), dtype=np.int64)

    def byte_spans(self, ids: np.ndarray) -> np.ndarray:
        """First and past-the-last byte of each token in the text, int64 (T, 2)."""
        ends = np.cumsum(self.byte_lengths_V[ids])
        return np.stack((ends - self.byte_lengths_V[ids], ends), axis=1)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special ids are left out, a character cut in two shows as U+FFFD."""
        text = b"".join(self.vocab[i] for i in ids if i < len(self.vocab))
        return text.removeprefix(self.prefix).decode("utf-8", errors="replace")

    def digest(self) -> str:
        """Name of what was learned."""
        return hashlib.sha256(f"{type(self).__name__}\n{self.state()}".encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write the state as folder/tokenizer.json."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "tokenizer.json", self.state(), synced=False, shared=True)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        self.restore((folder / "tokenizer.json").read_text(encoding="utf-8"))
