"""The table of GPT-2 and BERT: as long as the context, and from its first row on."""

import pytest
from stock_configs import position_of, said

from wordorder.hugging_face.folder import read_nodes
from wordorder.hugging_face.learned import table_length
from wordorder.hugging_face.stock import Unlike
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE


def learned(offset: int) -> Learned:
    return Learned(d_model=4, n_positions=9, offset=offset, init_std=0.02)


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_the_context_is_the_table(family):
    scheme = position_of(said(family))
    assert scheme.max_position == table_length(scheme) == 64 == read_nodes(said(family))[0]["context_length"]


@pytest.mark.parametrize(
    ("scheme", "why"),
    [(NoPE(), "position=NoPE where it has Learned"), (learned(2), "offset=2 where it has none")],
)
def test_another_scheme_and_a_table_that_begins_later_are_unlike(scheme, why):
    with pytest.raises(Unlike, match=why):
        table_length(scheme)
    assert table_length(learned(0)) == 9
