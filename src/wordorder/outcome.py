"""How a run ended."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """`kept`: it was done already; `said` is what a person is told of it."""

    folder: Path
    status: Literal["done", "kept", "failed", "interrupted"]
    said: str = ""
