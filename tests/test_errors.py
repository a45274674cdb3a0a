"""Which name a person may have meant."""

import pytest

from wordorder.errors import nearest


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("sede", ["speed", "tuning", "seed"], ["seed", "speed"]),
        ("alibbi", ["rope", "alibi_learned", "alibi"], ["alibi", "alibi_learned"]),
        ("abcd", ["cdxy"], ["cdxy"]),  # half of the letters is just enough
        ("abcd", ["dxyz"], []),
        ("abcd", [], []),
        ("rope", ["alibi-bpe-copy-s0", "rope-bpe-copy-s0", "rope-x"], ["rope-x", "rope-bpe-copy-s0"]),
        ("", ["abcd"], []),
    ],
)
def test_names_spelt_alike_come_first_and_others_not_at_all(word, known, near):
    assert nearest(word, iter(known)) == near


def test_three_are_enough():
    assert len(nearest("ab", ["abcd", "abce", "abcf", "abcg"])) == 3
