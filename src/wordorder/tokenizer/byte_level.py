"""byte_level: what trained tokenizers share: the alphabet of 256 bytes, what cuts a text before anything is learned, the engine.

The tokenizers library works on characters, so every byte is written as one (Radford et al. 2019, GPT-2). Hence every
family is lossless and has nothing unknown, and two of them differ only in what they learn.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import numpy as np
import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import Split

from wordorder.tokenizer.base import Tokenizer

Words = Literal["gpt2", "gpt4", "metaspace"]
WordsOrLines = Literal["gpt2", "gpt4", "metaspace", "lines"]
Digits = Literal["pattern", "single", "threes_left", "threes_right"]
LONGEST = 64  # bytes of the longest piece, where a family needs a bound

GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# The one or two digits that a run begins with if threes are to be left. Looked for at the start of a run only, or a long run
# would cost the square of its length.
HEAD = r"(?<!\p{N})\p{N}{1,2}(?=(?:\p{N}{3})+(?!\p{N}))"
DIGITS = {
    "pattern": [],
    "single": [Split(Regex(r"\p{N}"), "isolated")],
    "threes_left": [Split(Regex(r"\p{N}{1,3}"), "isolated")],
    "threes_right": [Split(Regex(HEAD), "isolated"), Split(Regex(r"\p{N}{1,3}"), "isolated")],
}
WORDS = {
    "gpt2": [],  # the pattern is the library's own
    "gpt4": [Split(Regex(GPT4), "isolated")],
    "metaspace": [Split(" ", "merged_with_next")],
    "lines": [Split("\n", "merged_with_previous")],
}


class ByteLevel(Tokenizer):
    """`vocab_size` counts the `smallest` ids too; a text that cannot fill it gives fewer, or an error if `exact_vocab`.

    `min_frequency`: how often what is to become a token must occur. `pre_tokenizer`: no token crosses the words of GPT-2's
    or GPT-4's pattern, or of `metaspace`, SentencePiece's, which begin at every space and nowhere else. `digits` cuts
    runs of digits before that, from a space before them too: one by one, or in threes from their left or right end.
    """

    smallest = 256  # ids that spell every byte
    continuing = ""  # what a piece inside a word is marked with
    decoder = decoders.ByteLevel()  # for other readers of the file

    def __init__(self, *, vocab_size: int, min_frequency: int, pre_tokenizer: Words, digits: Digits, exact_vocab: bool):
        if vocab_size < self.smallest:
            raise ValueError(
                f"vocab_size={vocab_size} is smaller than the {self.smallest} ids that spell every byte; "
                f"give at least {self.smallest}"
            )
        if min_frequency < 1:
            raise ValueError(f"min_frequency={min_frequency} must be at least 1")
        self.vocab_size, self.min_frequency, self.exact_vocab = vocab_size, min_frequency, exact_vocab
        self.pre_tokenizer, self.digits = pre_tokenizer, digits

    def learn(self, texts: Iterable[str]) -> models.Model:
        """What the family makes of texts."""
        raise NotImplementedError

    def train(self, texts: Iterable[str]) -> None:
        engine = tokenizers.Tokenizer(self.learn(texts))
        engine.pre_tokenizer, engine.decoder = self.cutter(), self.decoder
        self.restore(engine.to_str())
        if self.exact_vocab and len(self.vocab) != self.vocab_size:
            raise ValueError(
                f"vocab_size={self.vocab_size} cannot be filled: the text yields {len(self.vocab)} tokens; "
                f"ask for at most {len(self.vocab)} or set exact_vocab=false"
            )

    def cutter(self) -> pre_tokenizers.PreTokenizer:
        """What cuts a text into pre-tokens, which no token crosses."""
        last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=self.pre_tokenizer == "gpt2")
        steps = [*DIGITS[self.digits], *WORDS[self.pre_tokenizer], last]
        return last if len(steps) == 1 else pre_tokenizers.Sequence(steps)

    def count(self, texts: Iterable[str]) -> Counter[str]:
        """How often each pre-token occurs; each of its bytes is one character."""
        cutter = self.cutter()
        return Counter(word for text in texts for word, _ in cutter.pre_tokenize_str(text))

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
            pieces = sorted(self.engine.get_vocab(), key=self.engine.token_to_id)
            self.vocab = [bytes(byte_of[char] for char in piece.removeprefix(self.continuing)) for piece in pieces]
        except Exception as error:  # the library has no type of its own for a state that it cannot read
            raise ValueError(f"no tokenizer can be read from this state: {error}") from error


def trained(
    model: models.Model, trainer: trainers.Trainer, cutter: pre_tokenizers.PreTokenizer, texts: Iterable[str]
) -> models.Model:
    """A model of the library after the library's training; special tokens of the trainer are plain tokens of the model."""
    engine = tokenizers.Tokenizer(model)
    engine.pre_tokenizer = cutter
    engine.train_from_iterator(texts, trainer)
    return engine.model


def byte_level_alphabet() -> list[str]:
    """The character that GPT-2 writes for each byte: itself if printable, else the next one from U+0100 on."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
