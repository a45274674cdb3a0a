"""wordpiece: merged pieces as in BPE, but a word is cut from its left, each time at the longest piece that fits.

Schuster & Nakajima 2012; longest match and marked continuing pieces: Devlin et al. 2018, 1810.04805 (BERT). Over bytes,
so nothing is unknown and no space is lost, as both are in BERT's.

A piece at the start of a word and the same bytes inside one are two ids, so 512 ids spell the bytes.
Differs: the library merges the most frequent pair, where Schuster & Nakajima take the one that helps likelihood most.
Limits: a word is cut after every 64 bytes first, as the search takes the cube of a word's length.
"""

from collections.abc import Iterable

from tokenizers import decoders, models, pre_tokenizers, trainers

from wordorder.tokenizer.byte_level import LONGEST, ByteLevel, byte_level_alphabet, trained

INSIDE = "\u2582"  # before every continuing piece; no byte is written so, as ## may be


class WordPiece(ByteLevel):
    """Trains to the same bits on every run because every single piece has its id before: ids break the ties of pairs."""

    smallest = 512
    continuing = INSIDE
    decoder = decoders.Sequence([decoders.Replace(INSIDE, ""), decoders.ByteLevel()])

    def learn(self, texts: Iterable[str]) -> models.Model:
        trainer = trainers.WordPieceTrainer(
            vocab_size=self.vocab_size,
            min_frequency=self.min_frequency,
            initial_alphabet=byte_level_alphabet(),
            special_tokens=[INSIDE + char for char in byte_level_alphabet()],  # given ids first, and in this order
            continuing_subword_prefix=INSIDE,
            show_progress=False,
        )
        return trained(models.WordPiece(continuing_subword_prefix=INSIDE), trainer, self.cutter(), texts)

    def cutter(self) -> pre_tokenizers.PreTokenizer:
        return pre_tokenizers.Sequence([super().cutter(), pre_tokenizers.FixedLength(LONGEST)])
