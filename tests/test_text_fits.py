"""A text at the edge of what a window or a row takes, and that no more of it is read than is needed."""

from contextlib import nullcontext

import pytest

from wordorder.errors import InputError
from wordorder.source.base import Document, Source
from wordorder.text_fits import BYTES_A_TOKEN, refuse_long_documents, refuse_short_text

BYTE = {"_target_": "wordorder.tokenizer.byte.Byte"}
BPE = {
    "_target_": "wordorder.tokenizer.bpe.BPE",
    "vocab_size": 260,
    "min_frequency": 2,
    "pre_tokenizer": "gpt2",
    "digits": "pattern",
    "exact_vocab": False,
}
LENGTH = 8


class Texts(Source):
    def __init__(self, *texts: str):
        self.texts, self.read = texts, []

    def documents(self, split):
        assert split == "train"
        for text in self.texts:
            self.read.append(text)
            yield Document(text)


@pytest.mark.parametrize(
    ("texts", "fits"),
    [
        (["x" * 15], True),  # with an end before and after it 17 tokens: two windows of 8 and a target
        (["x" * 14], False),
        (["x" * 7, "x" * 7], True),
        (["x" * 7, "x" * 6], False),
        (["é" * 7], False),  # 14 bytes
        (["é" * 8], True),
    ],
)
def test_a_text_is_long_enough_if_its_tokens_fill_a_window_in_every_phase(texts, fits):
    said = rf"tokens, too few for model.context_length={LENGTH}; it takes 17"
    with nullcontext() if fits else pytest.raises(InputError, match=said):
        refuse_short_text(Texts(*texts), BYTE, LENGTH)


def test_the_tokens_of_the_tokenizer_count_once_it_is_trained():
    text = "abababab" * 3
    refuse_short_text(Texts(text), BYTE, LENGTH)
    with pytest.raises(InputError, match="too few"):
        refuse_short_text(Texts(text), BPE, LENGTH)


def test_a_text_that_is_long_enough_for_any_tokenizer_is_not_read_to_its_end():
    source = Texts("x" * (BYTES_A_TOKEN * 17), "y", "z")
    refuse_short_text(source, BYTE, LENGTH)
    assert len(source.read) == 2
    refuse_short_text(source, {"_target_": "nowhere"}, LENGTH)  # no tokenizer is made


@pytest.mark.parametrize(("texts", "longest"), [(["ab", "x" * 7], 0), (["x" * 8, "ab"], 9), (["é" * 4], 9)])
def test_a_document_fits_with_its_end(texts, longest):
    said = f"context_length={LENGTH} is too short for the longest training document, which has {longest} tokens"
    with pytest.raises(InputError, match=said) if longest else nullcontext():
        refuse_long_documents(Texts(*texts), BYTE, LENGTH)


def test_a_document_of_more_bytes_fits_where_its_tokens_do():
    refuse_long_documents(Texts("ab" * 6, "ab" * 6), BPE, LENGTH)
    with pytest.raises(InputError, match="has 13 tokens"):
        refuse_long_documents(Texts("ab" * 6), BYTE, LENGTH)


def test_where_all_documents_have_few_bytes_no_tokenizer_is_made():
    refuse_long_documents(Texts("ab", "x" * 7), {"_target_": "nowhere"}, LENGTH)
