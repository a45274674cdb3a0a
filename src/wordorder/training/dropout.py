"""Whether training draws what it drops."""

from torch import nn


def drops(module: nn.Module) -> bool:
    """Does it, or a part of it, drop anything in training?"""
    return any(isinstance(part, nn.Dropout) and part.p > 0 for part in module.modules())
