"""A plan: what each run of a sweep is and where it lies, held against the texts and files that its identity stands for.

A run's identity is a digest of its config with paths replaced by what they point to, so it holds as long as these do.
They are looked at again whenever a plan that was kept is used: a source's digest is asked again, once for each source of a
plan and not once a run, unless it is one of this package's tasks, whose documents follow from arguments and code alone;
so is the digest of a file that a tokenizer reads, and that of the weights a run begins with. Times and sizes of files are
not looked at: they would say sooner that nothing has changed, and at times wrongly.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wordorder import identity
from wordorder.check import Config, make
from wordorder.compare.arms import flatten_config
from wordorder.errors import InputError
from wordorder.record.folders import read_run
from wordorder.record.lineage import name_parent
from wordorder.record.seeds import without_seeds
from wordorder.source.base import Source
from wordorder.source.task import Task
from wordorder.sweep.inputs import digest_package


@dataclass(frozen=True)
class Planned:
    """One run. `arm` is equal for runs that differ in seeds only, `code` the digests of the code that would make it;
    `device` and `devices` are the config's."""

    words: list[str]
    folder: str
    rerun: str
    arm: str
    evaluations: dict[str, str]
    code: list[str]
    threads: int
    device: str
    devices: int
    parent: str

    @property
    def name(self) -> str:
        return Path(self.folder).name


@dataclass
class Held:
    """What the runs' identities stand for: [node or name, digest] of sources, tokenizers' files, parents, other packages."""

    sources: list[list[Any]] = field(default_factory=list)
    tokenizers: list[list[Any]] = field(default_factory=list)
    parents: list[list[Any]] = field(default_factory=list)
    packages: list[list[Any]] = field(default_factory=list)

    def add(self, shelf: str, key: Any, value: Any) -> None:
        if [key, value] not in getattr(self, shelf):
            getattr(self, shelf).append([deepcopy(key), value])

    def same(self) -> bool:
        """Is everything as it was? Raises InputError for what can no longer be read."""
        now = (
            *((make(deepcopy(node), "source").digest(), digest) for node, digest in self.sources),
            *((make(deepcopy(node), "tokenizer").contents(), digests) for node, digests in self.tokenizers),
            *((weights_of(folder), digest) for folder, digest in self.parents),
            *((digest_package(name), digest) for name, digest in self.packages),
        )
        return all(one == then for one, then in now)


@dataclass(frozen=True)
class Compared:
    """An arm of a plan, as the comparison of its folder will tell it from others: dotted keys without seeds, and choices."""

    folder: str
    config: dict[str, Any]
    choices: dict[str, str]


@dataclass
class Plan:
    """The runs of a sweep, each folder once, what they stand for, and each of their arms once."""

    runs: list[Planned]
    held: Held
    arms: list[Compared] = field(default_factory=list)


def compared(folder: Path, config: Config, choices: dict[str, str]) -> Compared:
    """The arm of the run in this folder."""
    return Compared(str(folder.parent), flatten_config(config, run=folder.name), choices)


def is_function_of_arguments(source: Source) -> bool:
    """Are a source's documents the same as long as arguments and code are?"""
    return isinstance(source, Task) and type(source).__module__.startswith("wordorder.")


def weights_of(folder: str) -> str:
    """The digest of a trained run's weights. Raises InputError where there is none."""
    digest = read_run(Path(folder)).get("digests", {}).get("weights")
    if digest is None:
        raise InputError(f"initialize_from={folder} is no run that is trained to the end")
    return digest


def arm_of(config: Config) -> str:
    """Digest of what a run is apart from its seeds, wherever in its config they stand, and from those of its parent."""
    asked = {name: config[name] for name in (*identity.TRAINING_SECTIONS, "source")}
    parent = name_parent(config["initialize_from"], arm_of)
    return identity.digest(without_seeds(asked) | {"initialize_from": parent})


def foreign_packages(config: Config) -> set[str]:
    """The packages besides this one that a config names."""
    return {target.split(".")[0] for target in identity.targets(config)} - {"wordorder"}
