"""Made-up words: all different, short ones first, dealt to kinds without one left over."""

from random import Random

import pytest

from wordorder.source.lexicon import CONSONANTS, VOWELS, invent_stems, make_lexicon

sizes = pytest.mark.parametrize("n", [9, 40, 2000])


@sizes
def test_stems_are_different_syllables_short_ones_first(n):
    stems = invent_stems(n, Random(0))
    assert len(set(stems)) == len(stems) == n
    assert [len(stem) for stem in stems] == sorted(len(stem) for stem in stems)
    for stem in stems:
        assert len(stem) in (2, 4, 6)
        assert set(stem[::2]) <= set(CONSONANTS) and set(stem[1::2]) <= set(VOWELS)
    assert invent_stems(n, Random(0)) == stems != invent_stems(n, Random(1))


@sizes
def test_every_stem_is_of_one_kind_and_its_weight_is_one_over_its_rank(n):
    stems = invent_stems(n, Random(0))
    lexicon = make_lexicon(stems)
    assert sorted(word for rule in lexicon.values() for (word,) in rule.alternatives) == sorted(stems)
    for rule in lexicon.values():
        shares = [2**-bits for bits in rule.bits]
        assert sum(shares) == pytest.approx(1)
        assert shares == pytest.approx([shares[0] / rank for rank in range(1, len(shares) + 1)], rel=1e-5)
    shortest = [word for (word,) in lexicon["Preposition"].alternatives]
    assert shortest == stems[: len(shortest)]
