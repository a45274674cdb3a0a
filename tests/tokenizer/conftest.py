"""A file in each layout, written once."""

from pathlib import Path

import layouts
import pytest
from tokenizer_files import ALL, changed


@pytest.fixture(scope="session")
def paths(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("layouts")
    return {name: write(folder / name) for name, write in ALL.items()}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """Llama 2's layout with five tokens of its own: ids worked by hand."""
    mark = layouts.MARK
    names = ["<unk>", "<s>", "</s>", *layouts.BYTE_NAMES, mark, "a", f"{mark}a", f"{mark}{mark}", "b"]
    model = {"type": "BPE", "vocab": {name: i for i, name in enumerate(names)}, "merges": [[mark, "a"], [mark, mark]]}
    model |= {"dropout": None, "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    file = changed(layouts.write_llama2(tmp_path_factory.mktemp("tiny")), lambda file: None)
    return layouts.save(tmp_path_factory.mktemp("tiny"), file | {"model": model})
