"""Batches for training: batch number n is a function of n alone, whatever the worker count and wherever a run resumes."""

from collections.abc import Iterator

import lightning
import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler

from wordorder.data.batch import Batch
from wordorder.data.rows import Rows


class TrainingBatches(Dataset):
    """Item n is the batch of step n; with `distinct` > 0 the first so many come round again and again. Process `rank` of
    `size` reads its own rows of it: as many as any other, in the order of the processes."""

    def __init__(self, rows: Rows, *, batch_size: int, n_steps: int, distinct: int = 0, rank: int = 0, size: int = 1):
        self.rows, self.batch_size, self.n_steps = rows, batch_size, n_steps
        self.distinct = distinct or n_steps
        self.own = np.arange(rank * batch_size // size, (rank + 1) * batch_size // size)

    def __len__(self) -> int:
        return self.n_steps

    def __getitem__(self, step: int) -> Batch:
        return self.rows.batch(step % self.distinct * self.batch_size + self.own)


class StepsFrom(Sampler[int]):
    """The steps from `first` on. Its length is that of the whole run, because Lightning counts from the run's start."""

    def __init__(self, first: int, n_steps: int):
        self.first, self.n_steps = first, n_steps

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.n_steps))

    def __len__(self) -> int:
        return self.n_steps


class DataModule(lightning.LightningDataModule):
    """Hands Lightning the batches from the trainer's current step on.

    `workers` > 0 reads ahead in other processes; for rows of a memory map that is slower than reading in place.
    """

    def __init__(self, batches: TrainingBatches, *, workers: int = 0):
        super().__init__()
        self.batches, self.workers = batches, workers

    def train_dataloader(self) -> DataLoader:
        sampler = StepsFrom(self.trainer.global_step, self.batches.n_steps)
        return DataLoader(self.batches, sampler=sampler, batch_size=None, num_workers=self.workers)
