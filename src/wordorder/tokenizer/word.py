"""word: the most frequent words of the training text are tokens; any other word is spelt in bytes.

Luong & Manning 2016, 1604.00788, with bytes for their characters. The classical word model has one id for all that is
unknown instead, and so loses text; this one is the arm that shows what learning pieces of words is for.

A word is what the pre-tokenizer cuts: with a pattern, " the" and "the" are two. Equally frequent ones are taken in the
order of their characters.
"""

from collections.abc import Iterable

from tokenizers import models

from wordorder.tokenizer.byte_level import ByteLevel, byte_level_alphabet


class Word(ByteLevel):
    """256 ids in the order of the bytes, then words, the most frequent first."""

    def learn(self, texts: Iterable[str]) -> models.Model:
        counts = self.count(texts)
        words = [word for word, count in counts.items() if count >= self.min_frequency and len(word) > 1]
        words.sort(key=lambda word: (-counts[word], word))
        tokens = [*byte_level_alphabet(), *words[: self.vocab_size - self.smallest]]
        # BPE that looks a word up before it would merge, and has no merges
        return models.BPE({token: i for i, token in enumerate(tokens)}, [], ignore_merges=True)
