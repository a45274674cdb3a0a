"""The processes that train one run together: data parallel, each with its rows of every batch, gradients summed over all.

Sums are made here and not by torch's DistributedDataParallel, which averages gradients as soon as they are there: a step's
loss is divided by the scored tokens of all processes, a step takes several backwards, and a weight that nobody used must
keep no gradient. Limits: gradients travel after the last backward, not during it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from wordorder.errors import InputError
from wordorder.training.place import Place

PATIENCE = timedelta(days=7)  # the first process may validate, or wait for a lock, as long as it takes


class Group:
    """What the processes of a run say to each other; all call the same methods in the same order. `Group()` is of one process,
    which has nobody to ask."""

    def __init__(self, rank: int = 0, size: int = 1, local_rank: int = 0):
        self.rank, self.size, self.local_rank, self.begun = rank, size, local_rank, False
        # Words go over the processor, so that a card need not stop for them.
        self.words = dist.new_group(backend="gloo", timeout=PATIENCE) if size > 1 else None

    @property
    def leads(self) -> bool:
        """Is this the process that writes the record?"""
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            with contact():
                dist.all_reduce(tensor)
        return tensor

    def sum_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Put the sum over all processes in place of each gradient; a weight that has none anywhere keeps none."""
        if self.size == 1:
            return
        weights = list(weights)
        has = [weight.grad is not None for weight in weights]
        parts = [weight.grad if own else torch.zeros_like(weight) for weight, own in zip(weights, has, strict=True)]
        flags = torch.tensor(has).to(parts[0])
        *sums, counts = self.sum(torch.cat([*(part.flatten() for part in parts), flags])).split(
            [*(weight.numel() for weight in weights), len(weights)]
        )
        # Counts are read only where they can tell anything, because a card would wait for it.
        anywhere = has if all(has) else (counts > 0).tolist()
        for weight, part, total, some in zip(weights, parts, sums, anywhere, strict=True):
            weight.grad = part.copy_(total.view_as(part)) if some else None

    def spread(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the first one's values: another processor may have drawn other last bits."""
        if self.size > 1:
            self.any(True)  # over the processor, which notices one that is gone: cards would wait for it
            with contact():
                for tensor in tensors:
                    dist.broadcast(tensor.detach(), 0)

    def any(self, *votes: bool) -> list[bool]:
        """For each vote: does any process say yes?"""
        if self.size == 1:
            return list(votes)
        counts = torch.tensor(votes, dtype=torch.int32)
        with contact():
            dist.all_reduce(counts, group=self.words)
        return [bool(count) for count in counts]

    def tell(self, word: Any) -> Any:
        """What the first process says; it waits for nobody, the others wait for it."""
        said = [word]
        if self.size > 1:
            with contact():
                dist.broadcast_object_list(said, 0, group=self.words)
        return said[0]

    def begin(self) -> None:
        """The first process to those that wait: train with me."""
        self.begun = self.tell(True)

    def dismiss(self) -> None:
        """The first process to those that still wait: there is nothing to train."""
        if not self.begun:
            self.tell(False)


ALONE = Group()


@contextmanager
def contact() -> Iterator[None]:
    """InputError where another process is gone: nothing is wrong with the run, which goes on from its checkpoint."""
    try:
        yield
    except RuntimeError as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"devices: a process that trains with this one is gone ({said}): see what it printed; the same command goes on "
            "from the last checkpoint"
        ) from error


@contextmanager
def joined(place: Place | None, *, device: str, store: dist.Store | None = None) -> Iterator[Group]:
    """The group while this process is in it, of one where there is no place to take; they meet in `store`, if there is one."""
    if place is None or place.size == 1:
        yield ALONE
        return
    if device == "cuda":
        torch.cuda.set_device(place.local_rank)
    meet = {"store": store} if store else {"init_method": f"tcp://{place.address}:{place.port}"}
    backend = "nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, rank=place.rank, world_size=place.size, **meet)
    try:
        yield Group(place.rank, place.size, place.local_rank)
    finally:
        dist.destroy_process_group()
