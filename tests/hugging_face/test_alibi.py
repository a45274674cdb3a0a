"""ALiBi of BLOOM and MPT: the published slopes, and no other."""

import pytest
from stock_configs import position_of, said

from wordorder.hugging_face.alibi import read_alibi, refuse_other
from wordorder.hugging_face.stock import Unlike
from wordorder.position.alibi import ALiBi
from wordorder.position.none import NoPE


@pytest.mark.parametrize("family", ["bloom", "mpt"])
def test_slopes_are_the_published_ones_for_six_heads(family):
    """4 of the first power of two, and every other one of the list for 8."""
    slopes = position_of(said(family)).slopes
    assert slopes == pytest.approx([2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3])


@pytest.mark.parametrize(
    ("scheme", "why"),
    [(NoPE(), "position=NoPE where it has ALiBi"), (ALiBi(n_heads=2, learned=True), "learned=True where it has")],
)
def test_what_has_other_slopes_is_unlike(scheme, why):
    with pytest.raises(Unlike, match=why):
        refuse_other(scheme)


def test_what_is_read_is_alike():
    node = read_alibi({"n_heads": 6})
    refuse_other(ALiBi(n_heads=node["n_heads"], learned=node["learned"]))
