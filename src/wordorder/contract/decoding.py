"""A text gives the same outputs however it is fed: in pieces, packed with others, padded, in whatever batch."""

import torch

from wordorder.contract.bench import BATCH, Bench, T, agree, horizon_of, run, text
from wordorder.contract.kernels import kernels


def decoding_in_uneven_pieces_equals_the_whole(bench: Bench) -> None:
    ids = text()
    for kernel in ("auto", "dense"):
        model = bench.model(kernel=kernel)
        cache, horizon = model.empty_cache(), horizon_of(model)
        with torch.no_grad():
            pieces = [model(piece, cache=cache, horizon=horizon) for piece in ids.split([1, 5, 2, 13, 1, 15], 1)]
        agree(torch.cat(pieces, 1), run(model, ids), f"decoding with a cache and the whole text, kernel={kernel}")


def documents_packed_into_a_row_equal_documents_apart(bench: Bench) -> None:
    ids, lengths = text(), [[9, 20, 8], [1, 35, 1], [T]]
    document_BT = torch.stack([torch.arange(len(row)).repeat_interleave(torch.tensor(row)) for row in lengths])
    for kernel in ("auto", "bias", "dense"):
        model = bench.model(kernel=kernel)
        if kernel == "bias" and "bias" not in kernels(model.position):
            continue
        horizon = horizon_of(model)
        with torch.no_grad():
            packed = model(ids, document_BT=document_BT, horizon=horizon)
        for row, sizes in enumerate(lengths):
            given = dict(horizon=horizon, row_B=torch.tensor([row]))
            apart = [run(model, piece[None], **given)[0] for piece in ids[row].split(sizes)]
            agree(packed[row], torch.cat(apart), f"documents of {sizes} tokens packed and apart, kernel={kernel}")


def padding_on_the_right_changes_nothing(bench: Bench) -> None:
    model, ids = bench.model(), text()
    padded = torch.cat((ids[:, :25], torch.zeros_like(ids[:, 25:])), 1)
    with_it, without = (run(model, part, horizon=horizon_of(model)) for part in (padded, ids[:, :25]))
    agree(with_it[:, :25], without, "25 tokens with padding after them and without")


def neighbours_in_a_batch_change_nothing(bench: Bench) -> None:
    model, ids = bench.model(), text()
    together = run(model, ids)
    for row in range(BATCH):
        alone = run(model, ids[row : row + 1], row_B=torch.tensor([row]))
        agree(alone[0], together[row], f"row {row} alone and in its batch")
    turned = run(model, ids.flip(0), row_B=torch.arange(BATCH).flip(0))
    agree(turned.flip(0), together, "a batch and the same rows in another order")


def each_row_has_the_ids_that_it_was_given(bench: Bench) -> None:
    model, ids = bench.model(), text()
    offset = torch.tensor([[0], [11], [29]])
    mixed = run(model, ids, lambda place: place + offset)
    for row in range(BATCH):
        given = dict(row_B=torch.tensor([row]), horizon=T + 29)
        alone = run(model, ids[row : row + 1], lambda place, row=row: place + offset[row], **given)
        agree(alone[0], mixed[row], f"row {row}, whose ids begin at {int(offset[row])}, alone and beside other ids")
