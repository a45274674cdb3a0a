"""draws: random numbers for position ids, a pure function of (seed, purpose, step, row), the same on every device."""

import hashlib

import torch
from torch import Tensor

GAMMA = (
    0x9E3779B97F4A7C15  # of SplitMix64: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"
)


@torch.compiler.disable  # a digest cannot be traced, and int64 that wrap around are better left to one implementation
def uniform(seed: int, purpose: str, step: int, row_B: Tensor, n: int) -> Tensor:
    """n numbers in [0, 1) for each row, float64 (B, n).

    Each row is a SplitMix64 stream whose start is the digest of seed and purpose, mixed with the step and with the row.
    """
    start = int.from_bytes(hashlib.sha256(f"{seed}\0{purpose}".encode()).digest()[:8], "big")
    key = torch.tensor(signed(start), device=row_B.device)
    for part in (torch.tensor(step, device=row_B.device), row_B.long()):
        key = mix(key + part * signed(GAMMA))
    nth = torch.arange(1, n + 1, device=row_B.device)
    bits = mix(key[:, None] + nth * signed(GAMMA))
    return shifted(bits, 11).double() * 2.0**-53


def mix(z: Tensor) -> Tensor:
    """SplitMix64's finalizer on int64 that wrap around."""
    z = (z ^ shifted(z, 30)) * signed(0xBF58476D1CE4E5B9)
    z = (z ^ shifted(z, 27)) * signed(0x94D049BB133111EB)
    return z ^ shifted(z, 31)


def shifted(z: Tensor, n: int) -> Tensor:
    """z >> n without the sign, which int64 would repeat."""
    return (z >> n) & ((1 << (64 - n)) - 1)


def signed(word: int) -> int:
    """A 64-bit word as the int64 with the same bits."""
    return word - (1 << 64) if word >= 1 << 63 else word
