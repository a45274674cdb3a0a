"""Ids of queries and keys, for rows that share them and for rows that do not."""

import torch

from wordorder.position.context import Context, Places

BATCH = torch.tensor([0, 1])


def test_rows_that_share_ids_are_read_by_any_batch_index():
    places = Places(torch.tensor([[5, 6, 7]]), n_new=2)
    assert places.q(BATCH, torch.tensor([0, 1])).tolist() == [6, 7]
    assert places.k(BATCH, torch.tensor([0, 2])).tolist() == [5, 7]


def test_rows_with_ids_of_their_own_are_read_by_theirs():
    places = Places(torch.tensor([[0, 1, 2], [7, 8, 9]]), n_new=1)
    assert places.q(BATCH, torch.tensor([0, 0])).tolist() == [2, 9]
    assert places.k(BATCH, torch.tensor([1, 1])).tolist() == [1, 8]


def test_ids_are_the_places_inside_of_documents():
    tokens, place = torch.zeros(2, 3, dtype=torch.long), torch.tensor([[0, 1, 0], [0, 0, 1]])
    context = Context(
        tokens_BS=tokens, n_new=2, place_BS=place, document_BS=None, row_B=torch.arange(2), step=0, horizon=3
    )
    assert Places.of(context).q_BT.tolist() == [[1, 0], [0, 1]]
