"""bpe: the most frequent neighbours are merged until the vocabulary is full, over bytes.

Sennrich et al. 2015, 1508.07909; over bytes, behind a pattern for words: Radford et al. 2019 (GPT-2). Trained by the
tokenizers library, whose BPE gives the same bits on every run and thread count.
"""

from collections.abc import Iterable

from tokenizers import models, trainers

from wordorder.tokenizer.byte_level import ByteLevel, Digits, WordsOrLines, byte_level_alphabet, trained


class BPE(ByteLevel):
    """Needs no words: with `lines` nothing but line ends cuts. Training time then grows with the square of a line's length."""

    def __init__(
        self, *, vocab_size: int, min_frequency: int, pre_tokenizer: WordsOrLines, digits: Digits, exact_vocab: bool
    ):
        super().__init__(
            vocab_size=vocab_size,
            min_frequency=min_frequency,
            pre_tokenizer=pre_tokenizer,
            digits=digits,
            exact_vocab=exact_vocab,
        )

    def learn(self, texts: Iterable[str]) -> models.Model:
        trainer = trainers.BpeTrainer(
            vocab_size=self.vocab_size,
            min_frequency=self.min_frequency,
            initial_alphabet=byte_level_alphabet(),
            special_tokens=[],
            show_progress=False,
        )
        return trained(models.BPE(), trainer, self.cutter(), texts)
