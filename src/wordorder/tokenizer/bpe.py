"""bpe: the most frequent neighbours are merged until the vocabulary is full, over bytes, behind GPT-2's word pattern.

Sennrich et al. 2015, 1508.07909; bytes and pattern: Radford et al. 2019 (GPT-2). Trained by the tokenizers library,
whose BPE gives the same bits on every run and thread count.
"""

from collections.abc import Iterable

import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from wordorder.tokenizer.base import Tokenizer


class BPE(Tokenizer):
    """`vocab_size` counts the 256 bytes and the merges; a text that cannot fill it gives fewer, or an error if `exact_vocab`."""

    def __init__(self, *, vocab_size: int, min_frequency: int, exact_vocab: bool):
        if vocab_size < 256:
            raise ValueError(
                f"vocab_size={vocab_size} is smaller than the base alphabet of 256 bytes; give at least 256"
            )
        if min_frequency < 1:
            raise ValueError(f"min_frequency={min_frequency} must be at least 1")
        self.vocab_size, self.min_frequency, self.exact_vocab = vocab_size, min_frequency, exact_vocab

    def train(self, texts: Iterable[str]) -> None:
        engine = tokenizers.Tokenizer(models.BPE())
        engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        engine.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = trainers.BpeTrainer(
            vocab_size=self.vocab_size,
            min_frequency=self.min_frequency,
            initial_alphabet=alphabet,
            special_tokens=[],
            show_progress=False,
        )
        engine.train_from_iterator(texts, trainer)
        self.restore(engine.to_str())
        if self.exact_vocab and len(self.vocab) != self.vocab_size:
            raise ValueError(
                f"vocab_size={self.vocab_size} cannot be filled: the text yields {len(self.vocab)} tokens; "
                f"ask for at most {len(self.vocab)} or set exact_vocab=false"
            )

    def encode(self, text: str) -> np.ndarray:
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: list[str]) -> list[np.ndarray]:
        encodings = self.engine.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]

    def state(self) -> str:
        return self.engine.to_str()

    def restore(self, state: str) -> None:
        byte_of = {char: byte for byte, char in enumerate(byte_level_alphabet())}
        try:
            self.engine = tokenizers.Tokenizer.from_str(state)
            tokens = sorted(self.engine.get_vocab().items(), key=lambda item: item[1])
            self.vocab = [bytes(byte_of[char] for char in token) for token, _ in tokens]
        except Exception as error:  # the library has no type of its own for a state that it cannot read
            raise ValueError(f"no tokenizer can be read from this state: {error}") from error


def byte_level_alphabet() -> list[str]:
    """The character that GPT-2 writes for each byte: itself if printable, else the next one from U+0100 on."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
