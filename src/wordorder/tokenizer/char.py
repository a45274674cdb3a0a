"""char: every character of the training text is a token; any other is spelt in bytes.

The classical character model with byte fallback: 256 bytes, which are the ASCII characters too, then the other characters
in code-point order.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from wordorder.tokenizer.base import Tokenizer


class Char(Tokenizer):
    """`min_count`: how often a character must occur in the training text to become a token."""

    def __init__(self, *, min_count: int):
        if min_count < 1:
            raise ValueError(f"min_count={min_count} must be at least 1")
        self.min_count = min_count

    def train(self, texts: Iterable[str]) -> None:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        seen = sorted(char for char, count in counts.items() if count >= self.min_count and ord(char) >= 128)
        self.vocab = [bytes([value]) for value in range(256)] + [char.encode("utf-8") for char in seen]

    def encode(self, text: str) -> np.ndarray:
        if text.isascii():
            return np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64)
        ids = {token.decode("utf-8"): 256 + n for n, token in enumerate(self.vocab[256:])}
        spelt = ([ids[char]] if char in ids else char.encode("utf-8") for char in text)
        return np.fromiter((i for piece in spelt for i in piece), dtype=np.int64)
