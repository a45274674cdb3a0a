"""What makes two runs the same run: a digest of what was asked, and one of the code that answered."""

import hashlib
import json
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wordorder import __version__

TRAINING_SECTIONS = (
    "position",
    "tokenizer",
    "data",
    "model",
    "optimizer",
    "schedule",
    "trainer",
    "weight_seed",
    "data_seed",
)
SHELVES = ("position", "tokenizer", "source")
SHARED = {  # shelf -> what the things on it are made with
    "position": (
        "base",
        "context",
        "masks",
        "wrapper",
        "rotation",
        "draws",
        "convolution",
        "digits",
        "frequencies/base",
    ),
    "tokenizer": ("base", "shop", "byte_level", "layout", "vocabulary", "losing", "finding"),
    "source": ("base", "task", "library", "disjoint", "stretches", "partition", "derivation", "lexicon", "kept")
    + ("hub", "hub_folder", "hub_rows"),
}
PACKAGE = Path(__file__).parent


def digest(content: Any) -> str:
    """sha256 of a plain value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def training_identity(
    config: dict[str, Any], *, source_digest: str, tokenizer_contents: dict[str, str], parent_weights: str
) -> str:
    """Runs that agree here train to the same weights: paths stand as digests of what they point to."""
    asked = {name: config[name] for name in TRAINING_SECTIONS}
    asked["tokenizer"] = asked["tokenizer"] | tokenizer_contents
    return digest(asked | {"source": source_digest, "initialize_from": parent_weights})


def evaluation_identity(node: dict[str, Any], *, source_digest: str, overrides: dict[str, Any]) -> str:
    """Evaluations that agree here ask the same of a model."""
    return digest({"config": node, "source": source_digest, "overrides": overrides})


@cache
def code_digest(package: Path = PACKAGE) -> str:
    """The rooms that every training passes, as they are when a process first asks; the same for all arms of a comparison."""
    files = [file for room in ("data", "model", "training") for file in sorted((package / room).glob("*.py"))]
    shared = [package / shelf / f"{name}.py" for shelf, names in SHARED.items() for name in names]
    return digest_files(files + shared)


def shelf_digest(config: dict[str, Any], package: Path = PACKAGE) -> str:
    """The files of the things that a config names: its scheme, its tokenizer, its source."""
    modules = {target.rpartition(".")[0] for shelf in SHELVES for target in targets(config[shelf])}
    return digest_files([file_of(module, package) for module in sorted(modules)])


def digest_files(files: list[Path]) -> str:
    """sha256 over the names and contents of files of code, in their order."""
    content = hashlib.sha256()
    for file in files:
        code = read_code(file)
        content.update(f"{file.name} {len(code)}\n".encode() + code)
    return content.hexdigest()


@cache
def read_code(file: Path) -> bytes:
    """A file's content when a process, or the one that it was forked from, first asked: what it imported then runs on, and a
    digest must be of that."""
    return file.read_bytes()


def read_loaded() -> None:
    """Read the files of all that is imported of this package and of those that add to its shelves."""
    tops = {PACKAGE.name, *(one.__module__.partition(".")[0] for base in shelf_bases() for one in heirs(base))}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in tops and file and file.endswith(".py"):
            read_code(Path(file))


def shelf_bases() -> list[type]:
    """What the things on the shelves derive from, as far as it is imported."""
    made = (sys.modules.get(f"{PACKAGE.name}.{shelf}.base") for shelf in SHELVES)
    names = ("PositionScheme", "Tokenizer", "Source")
    return [getattr(module, name) for module, name in zip(made, names, strict=True) if module]


def heirs(base: type) -> set[type]:
    """The classes that derive from one, at any depth."""
    return {base}.union(*map(heirs, base.__subclasses__()))


def targets(node: Any) -> list[str]:
    """Every `_target_` in a part of a config."""
    if not isinstance(node, dict):
        return []
    inner = [target for value in node.values() for target in targets(value)]
    return [node["_target_"], *inner] if "_target_" in node else inner


def file_of(module: str, package: Path) -> Path:
    """Where a module lies; one of wordorder's in `package`."""
    top, _, rest = module.partition(".")
    if top == PACKAGE.name:
        return package / (rest.replace(".", "/") + ".py")
    return Path(find_spec(module).origin)


@cache
def commit() -> tuple[str, bool]:
    """The git commit of the code and whether the tree differs from it, as they are when a process first asks; ("", False)
    where the code is not in a repository."""
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        if not git("ls-files", "identity.py"):
            return "", False
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except OSError:  # no git on this machine
        return "", False


def freeze() -> None:
    """Read now all code that this process has imported, and the commit, so that a run's record holds the digests of what runs,
    whatever is edited while the sweep goes on."""
    read_loaded()
    code_digest()
    commit()


@cache
def versions() -> dict[str, str]:
    """Of Python and of the packages that can change a bit."""
    packages = ("torch", "lightning", "tokenizers", "numpy")
    own = {"python": platform.python_version(), "wordorder": __version__}
    return own | {name: version(name) for name in packages}


@cache
def host() -> dict[str, str]:
    """The machine."""
    return {"name": platform.node(), "system": platform.platform(), "processor": processor()}


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
