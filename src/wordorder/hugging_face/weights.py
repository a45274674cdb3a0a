"""weights: what a stock class calls each weight, and how it fuses queries, keys and values into one matrix.

Fusing and splitting only reorder numbers, so a round trip changes no bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from wordorder.errors import InputError

State = dict[str, Tensor]


class Fusing(NamedTuple):
    """From our tensors, each (out, in) or (out,), to the stock one and back; the number is head_dim."""

    join: Callable[[list[Tensor], int], Tensor]
    split: Callable[[Tensor, int], list[Tensor]]


def join_by_head(parts: list[Tensor], head_dim: int) -> Tensor:
    return torch.stack([part.unflatten(0, (-1, head_dim)) for part in parts], 1).flatten(0, 2)


def split_by_head(fused: Tensor, head_dim: int) -> list[Tensor]:
    return [part.flatten(0, 1) for part in fused.unflatten(0, (-1, 3, head_dim)).unbind(1)]


def turned(one: Tensor) -> Tensor:
    """A matrix with its axes exchanged; a bias as it is."""
    return one.mT if one.dim() == 2 else one


PLAIN = Fusing(lambda parts, _: parts[0], lambda one, _: [one])
TRANSPOSED = Fusing(lambda parts, _: turned(parts[0]), lambda one, _: [turned(one)])  # GPT-2's Conv1D: (in, out)
QKV = Fusing(lambda parts, _: torch.cat(parts), lambda fused, _: list(fused.chunk(3)))  # all q, all k, all v
QKV_TRANSPOSED = Fusing(lambda parts, _: turned(torch.cat(parts)), lambda fused, _: list(turned(fused).chunk(3)))
QKV_BY_HEAD = Fusing(join_by_head, split_by_head)  # each head's q, k and v together


@dataclass(frozen=True)
class Weight:
    """One tensor of the stock class, without the end .weight or .bias; {} stands for the layer."""

    theirs: str
    ours: str | tuple[str, ...]
    fusing: Fusing = PLAIN
    ends: tuple[str, ...] = (".weight",)

    def of(self, layer: int, end: str) -> tuple[str, list[str]]:
        names = (self.ours,) if isinstance(self.ours, str) else self.ours
        return self.theirs.format(layer) + end, [name.format(layer) + end for name in names]


BOTH = (".weight", ".bias")
ITSELF = ("",)
ATTENTION = tuple(f"blocks.{{}}.attention.{name}" for name in "qkv")


def pairs(weights: tuple[Weight, ...], n_layers: int) -> list[tuple[str, list[str], Fusing]]:
    """Every tensor of the stock class, what we call its parts, and how they are fused."""
    found = []
    for weight in weights:
        for layer in range(n_layers if "{}" in weight.theirs else 1):
            found += [(*weight.of(layer, end), weight.fusing) for end in weight.ends]
    return found


def to_stock(state: State, weights: tuple[Weight, ...], n_layers: int, head_dim: int) -> State:
    """Our state dict under the stock names. A bias that the model does without is written as zeros, which add nothing."""

    def find(name: str) -> Tensor:
        if name not in state and name.endswith(".bias"):
            weight = state[f"{name.removesuffix('bias')}weight"]
            return weight.new_zeros(weight.shape[0])
        return state[name]

    return {
        theirs: fusing.join([find(name) for name in ours], head_dim).contiguous()
        for theirs, ours, fusing in pairs(weights, n_layers)
    }


def from_stock(
    state: State, weights: tuple[Weight, ...], n_layers: int, head_dim: int, ignored: tuple[str, ...]
) -> State:
    """The stock state dict under our names.

    Raises InputError for a tensor that is missing, and for one that is neither known nor, by the end of its name, `ignored`.
    """
    state, made = dict(state), {}
    for theirs, ours, fusing in pairs(weights, n_layers):
        if theirs not in state:
            raise InputError(f"the weights lack {theirs}: config.json and the weights are of two models")
        weight = state.pop(theirs)
        try:
            parts = dict(zip(ours, fusing.split(weight, head_dim), strict=True))
        except (RuntimeError, ValueError) as error:  # of torch and of zip
            raise InputError(
                f"{theirs} of shape {tuple(weight.shape)} cannot be split for head_dim={head_dim}"
            ) from error
        made |= {name: part.contiguous() for name, part in parts.items()}
    unknown = [name for name in state if not name.endswith(ignored)]
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if unknown[1:] else ""
        raise InputError(f"the weights have {unknown[0]}{more}, which this class has not as known here")
    return made
