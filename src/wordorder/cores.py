"""How many runs go side by side on the cores and cards of this machine, and which card each one gets."""

import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from wordorder.errors import InputError

DRIVERS = ("nvidia[0-9]*", "kfd", "dxg")  # device files: CUDA, ROCm, Windows' cards under Linux


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_jobs(asked: int, threads: int, *, cards: int = 0, runs_per_gpu: int = 1) -> int:
    """Runs at once: as asked, or as many as there is room for: on `cards` cards `runs_per_gpu` each, without a card what the
    cores that this process may use hold at `threads` each, those of all of a run's processes together. No card ever gets more
    than its share, whatever was asked. Raises InputError."""
    if runs_per_gpu < 1:
        raise InputError(f"hydra.launcher.runs_per_gpu={runs_per_gpu} must be at least 1")
    if cards:
        return min(asked, cards * runs_per_gpu) if asked > 0 else cards * runs_per_gpu
    return asked if asked > 0 else max(1, count_cores() // threads)


def name_cards(visible: str | None, count: int) -> list[str]:
    """The cards that a process sees, by the names that CUDA_VISIBLE_DEVICES takes: `visible` is what it says now (None: it is
    not set), `count` how many CUDA makes of it. A name may be a number or a UUID; CUDA ends the list at one it does not know,
    as where there is none or -1."""
    if visible is None:
        return [str(number) for number in range(count)]
    names = (name.strip() for name in visible.split(","))
    return list(takewhile(lambda name: name not in ("", "-1"), names))[:count]


def find_cards() -> list[str]:
    """The cards that this process may use, as torch finds them."""
    if not list_cards():
        return []  # and torch need not be imported
    import torch

    return name_cards(os.environ.get("CUDA_VISIBLE_DEVICES"), torch.cuda.device_count())


def list_cards() -> list[str]:
    """The cards that this process may use as far as the driver's files tell, for who only wants to know how many."""
    count = sum(1 for pattern in DRIVERS for _ in Path("/dev").glob(pattern))
    if sys.platform == "win32":
        count = 1  # where it does not tell by files
    return name_cards(os.environ.get("CUDA_VISIBLE_DEVICES"), count)


def group_cards(cards: Sequence[str], each: int) -> list[str]:
    """Names for CUDA_VISIBLE_DEVICES that hold `each` cards, of which no two share one."""
    return [",".join(cards[first : first + each]) for first in range(0, len(cards) - each + 1, each)]


def card_of(slot: int, cards: Sequence[str]) -> str | None:
    """The card of the run in a slot, None where there is none: one after the other, so that few runs share none."""
    return cards[slot % len(cards)] if cards else None
