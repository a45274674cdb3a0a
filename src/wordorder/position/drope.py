"""drope: a scheme that is dropped late in training, which ends without any.

Gelberg et al. 2025, 2512.12167.
acts on: whatever the scheme inside acts on   learns: nothing   any length: yes

    step < round(drop_at * n_steps)   the scheme inside
    from then on, and once trained    q_i . k_j / sqrt(K), in training
                                      beta * q_i . k_j / sqrt(K), beta = 1 + c ln(max(1, N / trained_length)), after it

with N the length that the sequence will reach and c = temperature: 0 for none, 0.412 for the paper's 494M model.
The scheme's own parameters stay where they were and are read no more; a factor on the embedding (sinusoidal) goes with it.
The learning rate should rise anew when the scheme goes: schedule=rewarm schedule.at=<drop_at>. At high rates the paper needs
normed queries and keys.
Differs: one run with one budget, where the paper also recalibrates models trained by others (a run of none with initialize_from).
Oracle: the model without any scheme and with the same weights; the equation of beta by a loop.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.wrapper import Wrapped, Wrapper


class DroPE(Wrapper):
    """`drop_at` is a share of all steps; `temperature` may be chosen for a trained model."""

    length_free = property(lambda self: not self.sharpens and all(scheme.length_free for scheme in self.acting))

    def __init__(self, *, scheme: PositionScheme, drop_at: float, temperature: float, trained_length: int):
        super().__init__([scheme])
        if not 0 <= drop_at <= 1:
            raise ValueError(f"drop_at={drop_at} is a share of all steps and must lie in [0, 1]; 0.875 from scratch")
        if not 0 <= temperature < math.inf:
            raise ValueError(f"temperature={temperature} must not be negative; 0 leaves scores as they are")
        if trained_length < 1:
            raise ValueError(f"trained_length={trained_length} must be at least 1")
        self.drop_at, self.temperature, self.trained_length = drop_at, temperature, trained_length
        self.dropped = False

    def at_step(self, step: int, n_steps: int) -> None:
        self.dropped = step >= round(self.drop_at * n_steps)
        super().at_step(step, n_steps)

    @property
    def acting(self) -> Iterable[PositionScheme]:
        return () if self.dropped else self.of

    @property
    def sharpens(self) -> bool:
        """Are scores changed by beta now?"""
        return self.dropped and not self.training and self.temperature > 0

    def own(self, context: Context) -> float:
        """beta."""
        return 1 + self.temperature * math.log(max(1.0, context.horizon / self.trained_length))

    def transform_qk(self, q_BHTK: Tensor, k_BGSK: Tensor, x_BSD: Tensor, pos: Wrapped) -> tuple[Tensor, Tensor]:
        q_BHTK, k_BGSK = super().transform_qk(q_BHTK, k_BGSK, x_BSD, pos)
        if not self.sharpens:
            return q_BHTK, k_BGSK
        wide = torch.promote_types(q_BHTK.dtype, torch.float32)
        return (q_BHTK.to(wide) * pos.own).to(q_BHTK.dtype), k_BGSK
