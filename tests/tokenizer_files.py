"""Tokenizer files in tests: read, changed, and what stands in them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import layouts
import numpy as np
import pytest

from wordorder.tokenizer.pretrained import Pretrained

ALL = layouts.LAYOUTS | layouts.OTHERS
each_layout = pytest.mark.parametrize("name", ALL)


def read(path: Path | str, *, allow_lossy: bool = False, end_token: str = "") -> Pretrained:
    tokenizer = Pretrained(path=str(path), allow_lossy=allow_lossy, end_token=end_token)
    tokenizer.train([])
    return tokenizer


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    file = json.loads(path.read_text(encoding="utf-8"))
    change(file)
    return file


def cut(tokenizer: Pretrained, ids: np.ndarray) -> bytes:
    return b"".join(tokenizer.vocab[i] for i in ids)


def special(path: Path) -> dict[str, int]:
    file = json.loads(path.read_text(encoding="utf-8"))
    return {token["content"]: token["id"] for token in file["added_tokens"] if token["special"]}
