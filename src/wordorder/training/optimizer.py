"""Which optimizer, and which weights it decays."""

import math

import torch
from torch import nn


class AdamW:
    """Loshchilov and Hutter 2017, 1711.05101, with torch's fused kernel; the recipe, `build` makes the optimizer."""

    def __init__(self, *, lr: float, betas: list[float], eps: float, weight_decay: float):
        if not 0 < lr < math.inf:
            raise ValueError(f"lr={lr} must be positive; 0.002 is a start for small models")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas={betas} must be two numbers in [0, 1), such as [0.9, 0.95]")
        if not 0 < eps < math.inf:
            raise ValueError(f"eps={eps} must be positive, such as 1e-8")
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"weight_decay={weight_decay} must not be negative")
        self.lr, self.betas, self.eps, self.weight_decay = lr, tuple(betas), eps, weight_decay

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over two groups: matrices are decayed; norms, biases, embeddings and `position.*` are not."""
        decayed, spared = self.groups(model)
        weights = dict(model.named_parameters())
        groups = [
            {"params": [weights[name] for name in decayed], "weight_decay": self.weight_decay},
            {"params": [weights[name] for name in spared], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        return torch.optim.AdamW(groups, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)

    def groups(self, model: nn.Module) -> tuple[list[str], list[str]]:
        """Names of the weights that are decayed, and of those that are not."""
        decayed, spared = [], []
        for name, weight in model.named_parameters():
            matrix = weight.dim() >= 2 and not name.startswith(("embedding.", "position."))
            (decayed if matrix else spared).append(name)
        return decayed, spared
