"""wordorder: how a small language model gets its text (the tokenizer) and its order (the position scheme)."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`load` and `read`, imported when they are first used: the one needs torch, the other pandas."""
    if name == "load":
        from wordorder.saved import load

        return load
    if name == "read":
        from wordorder.record.read import read

        return read
    raise AttributeError(f"module 'wordorder' has no attribute {name!r}")
