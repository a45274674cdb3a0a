import pytest

from wordorder.tokenizer.char import Char


def train(*texts: str, min_count: int = 1) -> Char:
    tokenizer = Char(min_count=min_count)
    tokenizer.train(iter(texts))
    return tokenizer


def test_characters_of_the_training_text_are_one_token_each():
    tokenizer = train("héé", "中")
    assert tokenizer.vocab[256:] == ["é".encode(), "中".encode()]  # in code-point order
    assert tokenizer.encode("h中é").tolist() == [ord("h"), 257, 256]


def test_other_characters_are_spelt_in_bytes():
    assert train("é").encode("aé€").tolist() == [97, 256, 0xE2, 0x82, 0xAC]


def test_rare_characters_are_no_tokens():
    tokenizer = train("éé中", "中é€", min_count=2)
    assert tokenizer.vocab[256:] == ["é".encode(), "中".encode()]


def test_ascii_has_its_own_codes_whatever_the_training_text():
    assert train().encode("a\x00\x7f").tolist() == [97, 0, 127] == train("éa").encode("a\x00\x7f").tolist()


def test_the_order_of_texts_does_not_matter():
    assert train("éa", "中").digest() == train("中", "aé").digest() != train("中").digest()


@pytest.mark.parametrize("min_count", [0, -1])
def test_a_count_below_one_is_refused(min_count):
    with pytest.raises(ValueError, match=f"min_count={min_count}"):
        Char(min_count=min_count)
