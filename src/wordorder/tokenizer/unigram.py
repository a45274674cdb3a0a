"""unigram: tokens have probabilities; those that the text can best do without go, and a text is cut in its most probable way.

Kudo 2018, 1804.10959, section 3.2: EM on all ways to cut each word, pruned from many candidates down to the vocabulary.
Over bytes, trained by the tokenizers library, with two repairs:

- The library's candidates are substrings that are followed by different characters in the list of distinct words. A word
  that no other one extends is none, however frequent, so " and" may be missing. Here each word that occurs twice is
  listed a second time with an artificial ending, and is followed by two things. The ending is dropped afterwards.
- Scores come out in the order of a hash map, with its rounding noise, and with an offset for single bytes that were
  pruned and put back. They are rounded, and such bytes share the lowest score, so training gives the same bits.

Limits: no piece has more than 64 bytes. A small vocabulary takes longer to train than a large one.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator

import tokenizers
from tokenizers import models, trainers
from tokenizers.pre_tokenizers import Split

from wordorder.tokenizer.byte_level import LONGEST, ByteLevel, Digits, Words, byte_level_alphabet, trained

BORDER, ENDING = "\ue000", "\ue001"  # no byte is written so
OFFSETS = 257 * 0.0001  # at most: the library adds 0.0001 from one byte that was put back to the next
DECIMALS = 4  # of scores; the noise is about 1e-13, so a score that it rounds differently is one in 1e8


class Unigram(ByteLevel):
    """`vocab_size` counts the 256 bytes and the longer pieces."""

    def __init__(self, *, vocab_size: int, pre_tokenizer: Words, digits: Digits, exact_vocab: bool):
        super().__init__(
            vocab_size=vocab_size,
            min_frequency=2,  # of a word to be a candidate
            pre_tokenizer=pre_tokenizer,
            digits=digits,
            exact_vocab=exact_vocab,
        )

    def learn(self, texts: Iterable[str]) -> models.Model:
        trainer = trainers.UnigramTrainer(
            vocab_size=self.vocab_size + len(ENDING),
            initial_alphabet=[*byte_level_alphabet(), ENDING],
            special_tokens=[],
            max_piece_length=LONGEST,
            show_progress=False,
        )
        lists = listed(self.count(texts), self.min_frequency)
        model = trained(models.Unigram(), trainer, Split(BORDER, "removed"), lists)
        return models.Unigram(fitted(canonical(model), self.vocab_size))


def listed(words: Counter[str], min_frequency: int) -> Iterator[str]:
    """Each word as often as it occurs, and those that may become tokens once more with the ending."""
    yield ENDING  # so that there is something to train on in any case
    for word, count in words.items():
        yield BORDER.join([word] * count)
        if count >= min_frequency and len(word) > 1:
            yield word + ENDING


def canonical(model: models.Model) -> list[tuple[str, float]]:
    """Pieces with their scores, without the ending and without what differs between trainings, the best first."""
    vocab = json.loads(tokenizers.Tokenizer(model).to_str())["model"]["vocab"]
    lowest = min(score for _, score in vocab)
    put_back = {piece for piece, score in vocab if len(piece) == 1 and score < lowest + OFFSETS}
    scores = {piece: round(lowest if piece in put_back else score, DECIMALS) for piece, score in vocab}
    del scores[ENDING]
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def fitted(pieces: list[tuple[str, float]], vocab_size: int) -> list[tuple[str, float]]:
    """All bytes and the best longer pieces: the library gives too many where it is asked for the bytes alone."""
    longer = [piece for piece, _ in pieces if len(piece) > 1]
    dropped = set(longer[vocab_size - 256 :])
    return [(piece, score) for piece, score in pieces if piece not in dropped]
