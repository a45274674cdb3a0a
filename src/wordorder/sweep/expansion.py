"""What typed words stand for, before anything is composed: the words of each run. Knows no Hydra objects."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Expansion:
    """`points` are the words of each run, `compose` makes a run's config of them, `typed` is what they all have in common.

    `folders` hold the config files, `output_dir` is that of the config without swept words, `n_jobs` what the pool is told.
    """

    points: list[list[str]]
    compose: Callable[[list[str]], Any]
    typed: list[str]
    folders: list[Path]
    output_dir: Path
    n_jobs: int


def folders_of(sources: list[dict[str, str]]) -> list[Path]:
    """The folders of a config search path as Hydra lists it; its own files change with its version only."""
    folders = []
    for source in sources:
        if source["provider"] == "hydra" or source["schema"] not in ("file", "pkg"):
            continue
        if source["schema"] == "file":
            folders.append(Path(source["path"]))
        elif spec := find_spec(source["path"].replace("/", ".")):
            folders += [Path(place) for place in spec.submodule_search_locations or ()]
    return folders
