"""What a run is computed on: the kind of device, and how many processes train on such devices together."""

import torch

from wordorder.cores import count_cores
from wordorder.errors import InputError
from wordorder.training.place import Place


def choose_device(asked: str) -> str:
    """cuda if asked for or there; InputError if asked for and not there."""
    if asked == "cuda" and not torch.cuda.is_available():
        raise InputError("device=cuda, but torch sees no CUDA card here: device=cpu or device=auto")
    return "cuda" if asked != "cpu" and torch.cuda.is_available() else "cpu"


def count_processes(asked: int, *, device: str, threads: int, place: Place | None) -> int:
    """Those that train a run together; 0 asks for as many as there are cards, or as cores hold at `threads` each.

    Raises InputError for others than have been started, which `place` tells, or than there are cards.
    """
    if place:
        if asked not in (0, place.size):
            raise InputError(f"devices={asked}, but torchrun or srun has started {place.size}: devices=0")
        return place.size
    if device == "cpu":
        return asked or max(1, count_cores() // threads)
    if asked > torch.cuda.device_count():
        raise InputError(f"devices={asked}, but torch sees {torch.cuda.device_count()} cards here: devices=0")
    return asked or torch.cuda.device_count()
