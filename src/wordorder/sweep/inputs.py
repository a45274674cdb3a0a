"""Digests of what the plan of a sweep is made from besides texts: words, config files, code, Python and packages.

A config that reads the environment or the clock (`${oc.env:...}`, `${now:...}`) is another one each time, so it has no
digests. Limits: a resolver of somebody's own that does the same is not noticed.
"""

import hashlib
import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from wordorder import identity
from wordorder.sweep.expansion import Expansion

CHANGING = re.compile(rb"\$\{\s*(oc\.env|now)\s*:")


def read_inputs(expansion: Expansion) -> dict[str, str] | None:
    """What must not have changed for an old plan to hold; None where that cannot be known."""
    words = [expansion.typed, expansion.points]
    yamls = [(str(place), digest_tree(place, "*.yaml")) for place in expansion.folders]
    if CHANGING.search(repr(words).encode()) or any(CHANGING.search(text) for text in texts(expansion.folders)):
        return None
    plugins = identity.PACKAGE.parent / "hydra_plugins" / "wordorder_plugins.py"
    code = [digest_tree(identity.PACKAGE, "*.py"), identity.digest_files([plugins])]
    packages = identity.versions() | {name: version(name) for name in ("hydra-core", "omegaconf")}
    return {
        "words": identity.digest(words),
        "folder": str(Path.cwd()),
        "conf": identity.digest(yamls),
        "code": identity.digest(code),
        "packages": identity.digest([sys.version, packages]),
    }


def texts(folders: Iterable[Path]) -> Iterable[bytes]:
    return (file.read_bytes() for folder in folders for file in folder.rglob("*.yaml"))


def digest_tree(folder: Path, pattern: str) -> str:
    """sha256 of the names and contents of the files in a folder, at any depth; a file stands for itself."""
    files = sorted(folder.rglob(pattern)) if folder.is_dir() else [folder]
    named = ((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)
    return identity.digest([(name, hashlib.sha256(content).hexdigest()) for name, content in named])


def digest_package(name: str) -> str:
    """sha256 of the code of an importable package or module, which is not imported."""
    spec = find_spec(name)
    places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
    return identity.digest([digest_tree(Path(place), "*.py") for place in places if place and Path(place).exists()])
