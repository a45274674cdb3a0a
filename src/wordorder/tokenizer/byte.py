"""byte: every byte of the text's UTF-8 is a token; nothing is learned and nothing can be unknown.

The arm without a tokenizer (Xue et al. 2021, 2105.13626, ByT5): 256 ids, sequences as long as the text.
"""

import numpy as np

from wordorder.tokenizer.base import Tokenizer


class Byte(Tokenizer):
    """256 ids in the order of their values."""

    def __init__(self) -> None:
        self.vocab = [bytes([value]) for value in range(256)]

    def encode(self, text: str) -> np.ndarray:
        return np.frombuffer(text.encode("utf-8"), dtype=np.uint8).astype(np.int64)
