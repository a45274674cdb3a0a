import pytest

from wordorder.tokenizer.byte import Byte


def test_ids_are_the_bytes_of_utf8():
    assert Byte().encode("aé€🙂\n").tolist() == [97, 195, 169, 226, 130, 172, 240, 159, 153, 130, 10]


def test_there_are_256_ids_and_an_end():
    assert Byte().vocab == [bytes([value]) for value in range(256)]
    assert (Byte().end_id, Byte().n_ids) == (256, 257)


def test_a_character_cut_in_two_shows_as_a_replacement():
    assert Byte().decode([97, 195]) == "a\ufffd"


def test_training_changes_nothing():
    tokenizer = Byte()
    tokenizer.train(["any text"])
    assert tokenizer.digest() == Byte().digest()


def test_half_a_surrogate_pair_is_no_text():
    with pytest.raises(UnicodeEncodeError):
        Byte().encode("\ud800")
