"""head: from the last hidden state to a score for each token of the vocabulary. Letters: see transformer.py."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Head(nn.Module):
    """A matrix of its own, or the embedding's where tied; with `transform`, BERT's map, GELU and LayerNorm come first and a
    bias last (Devlin et al. 2018, 1810.04805, code). Scores are multiplied by `scale`."""

    def __init__(self, vocab_size: int, d_model: int, *, tied: bool, transform: bool, norm_eps: float, scale: float):
        super().__init__()
        self.scale = scale
        self.weight = None if tied else nn.Parameter(torch.empty(vocab_size, d_model))
        self.bias = nn.Parameter(torch.empty(vocab_size)) if transform else None
        self.dense = nn.Linear(d_model, d_model) if transform else None
        self.norm = nn.LayerNorm(d_model, eps=norm_eps) if transform else None

    def forward(self, x_BTD: Tensor, embedding_VD: Tensor) -> Tensor:
        """(..., D) -> (..., V)."""
        if self.dense is not None:
            x_BTD = self.norm(F.gelu(self.dense(x_BTD)))
        score_BTV = F.linear(x_BTD, embedding_VD if self.weight is None else self.weight, self.bias)
        return score_BTV if self.scale == 1 else score_BTV * self.scale
