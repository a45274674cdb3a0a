"""Digits that are tokens are found; a vocabulary that joins them to others is refused by name."""

import pytest

from wordorder.position.digits import DIGITS, refuse_mixed, token_ids


def test_ids_are_those_of_the_tokens_asked_for():
    assert token_ids([b"a", b"7", b"=", b"0", b"77"], DIGITS) == [1, 3]
    assert token_ids([b"a", b"=", b"b"], [b"=", b"+"]) == [1]


@pytest.mark.parametrize("token", [b"12", b" 3", b"a4b", b"0."])
def test_a_digit_beside_other_bytes_is_refused(token):
    refuse_mixed([b"1", b"2", b"ab", "é".encode()], "coupled")
    with pytest.raises(ValueError, match="coupled needs each digit to be a token, and 1 of .* use tokenizer=byte"):
        refuse_mixed([b"1", token], "coupled")
