"""What typed words stand for, before anything is composed: the words of each run. Knows no Hydra objects."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wordorder.sweep.stages import Stages

Configured = tuple[dict[str, Any], dict[str, str]]  # a config as plain values, and the choice made in each group
Launch = Callable[[Any], Any]  # given runs as planned.py describes them


@dataclass(frozen=True)
class Expansion:
    """`points` are the words of each run, `compose` makes a run's config of them, `typed` is what they all have in common.

    `folders` hold the config files, `output_dir` is that of the config without swept words. Runs are trained by `launch`,
    which is given those that lack something, or without one by this machine's pool, which is told `n_jobs` and `runs_per_gpu`.
    With `stages` the points are the first tuning runs, and what follows depends on how these end.
    """

    points: list[list[str]]
    compose: Callable[[list[str]], Configured]
    typed: list[str]
    folders: list[Path]
    output_dir: Path
    n_jobs: int
    runs_per_gpu: int = 1
    launch: Launch | None = None
    stages: Stages | None = None


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
