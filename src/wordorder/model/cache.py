"""cache: what decoding keeps of the tokens already seen. Letters: see transformer.py."""

import torch
from torch import Tensor


class Cache:
    """For each layer the inputs of attention, before any position scheme: every scheme decodes right without code of its own."""

    def __init__(self, n_layers: int):
        self.tokens_BS: Tensor | None = None
        self.layers: list[tuple[Tensor, Tensor, Tensor] | None] = [None] * n_layers

    def add_tokens(self, ids_BT: Tensor) -> Tensor:
        """Append the new ids and return all S of them."""
        old = self.tokens_BS
        self.tokens_BS = ids_BT if old is None else torch.cat((old, ids_BT), 1)
        return self.tokens_BS

    def add(self, layer: int, x_BTD: Tensor, k_BGTK: Tensor, v_BGTK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Append what one layer made of the new tokens and return it for all S."""
        new = (x_BTD, k_BGTK, v_BGTK)
        if (old := self.layers[layer]) is not None:
            new = tuple(torch.cat(pair, axis) for pair, axis in zip(zip(old, new, strict=True), (1, 2, 2), strict=True))
        self.layers[layer] = new
        return new
