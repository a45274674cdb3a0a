"""Batches: number n is the same whatever the worker count and wherever training resumes."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wordorder.data.datamodule import DataModule, TrainingBatches
from wordorder.data.rows import StreamRows
from wordorder.data.token_store import Stream
from wordorder.data.window import Windows

N_STEPS, BATCH, LENGTH = 9, 3, 5
IDS = np.arange(400, dtype=np.uint16) * 7 % 401


def make_rows() -> StreamRows:
    return StreamRows(Stream(IDS, np.array([[399, 399]])), length=LENGTH, data_seed=2, across=True)


def make_batches() -> TrainingBatches:
    return TrainingBatches(make_rows(), batch_size=BATCH, n_steps=N_STEPS)


def read(first: int, workers: int) -> list:
    data = DataModule(make_batches(), workers=workers)
    data.trainer = SimpleNamespace(global_step=first)
    return list(data.train_dataloader())


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("first", [0, 1, 4, 8])
def test_batches_do_not_depend_on_where_reading_starts_nor_on_workers(first, workers):
    batches = make_batches()
    got = read(first, workers)
    assert len(got) == N_STEPS - first
    for batch, expected in zip(got, [batches[step] for step in range(first, N_STEPS)], strict=True):
        for ours, theirs in zip(batch, expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_shares_of_several_processes_put_together_are_the_batch():
    def batches(**share: int) -> TrainingBatches:
        return TrainingBatches(make_rows(), batch_size=BATCH, n_steps=N_STEPS, distinct=4, **share)

    shares = [batches(rank=rank, size=BATCH) for rank in range(BATCH)]
    for step in range(N_STEPS):
        for whole, *parts in list(zip(batches()[step], *(share[step] for share in shares), strict=True))[:4]:
            assert torch.equal(whole, torch.cat(parts)) and [len(part) for part in parts] == [1, 1, 1]


def test_row_numbers_count_the_rows_of_the_run():
    assert torch.cat([batch.row_B for batch in read(0, 0)]).tolist() == list(range(N_STEPS * BATCH))
    assert read(4, 0)[0].row_B.tolist() == [12, 13, 14]


def test_targets_are_the_inputs_one_later_and_what_the_window_says():
    starts = Windows(len(IDS), length=LENGTH, data_seed=2).starts(np.arange(N_STEPS * BATCH))
    for step, batch in enumerate(read(0, 0)):
        assert batch.ids_BT.dtype == batch.target_BT.dtype == torch.int64
        for row in range(BATCH):
            start = starts[step * BATCH + row]
            assert batch.ids_BT[row].tolist() == [start_id * 7 % 401 for start_id in range(start, start + LENGTH)]
            assert batch.target_BT[row].tolist() == [i * 7 % 401 for i in range(start + 1, start + LENGTH + 1)]


def test_the_length_is_that_of_the_whole_run_wherever_it_resumes():
    """Lightning counts batches from the run's start; a length of what is left would end a resumed run early."""
    data = DataModule(make_batches())
    data.trainer = SimpleNamespace(global_step=6)
    assert len(data.train_dataloader()) == N_STEPS


def test_distinct_batches_come_round_again():
    batches = TrainingBatches(make_rows(), batch_size=BATCH, n_steps=N_STEPS, distinct=2)
    for step in range(N_STEPS):
        torch.testing.assert_close(batches[step], make_batches()[step % 2], rtol=0, atol=0)
