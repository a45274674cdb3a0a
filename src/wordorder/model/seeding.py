"""Keyed chance: every draw has a name, so that what one module draws cannot shift what another gets."""

import hashlib

import torch


def seed_of(*name: object) -> int:
    """A 63-bit seed that is a function of its name alone, such as ("weights", 0, "blocks.1.mlp.up.weight")."""
    digest = hashlib.sha256("\0".join(str(part) for part in name).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*name: object) -> torch.Generator:
    """A CPU generator for the draws of that name."""
    return torch.Generator().manual_seed(seed_of(*name))
