"""Offline copies for wandb: where they lie in a folder, whether one still holds what it was made from, how they are made.

A copy is a folder wandb/offline-run-*; `wandb sync` sends it. Limits: whether it was sent is known to wandb alone.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from wordorder.errors import InputError

NAME = "made_from.sha256"  # inside a copy: the digest of its content


def find_copies(folder: Path) -> list[Path]:
    """The offline copies in a folder, oldest first."""
    return sorted((folder / "wandb").glob("offline-run-*"))


def remove_copies(folder: Path) -> None:
    for old in [*find_copies(folder), folder / "wandb" / "staging"]:
        shutil.rmtree(old, ignore_errors=True)


def digest(parts: Iterable[str | bytes | Path]) -> str:
    """sha256 of texts, bytes and files (one that is not there counts as empty), each with its length."""
    content = sha256()
    for part in parts:
        data = (part.read_bytes() if part.is_file() else b"") if isinstance(part, Path) else part
        data = data.encode() if isinstance(data, str) else data
        content.update(b"%d\n" % len(data) + data)
    return content.hexdigest()


def holds(folder: Path, content: str) -> bool:
    """Is the one copy in a folder whole, and made from content of this digest?"""
    made = [copy / NAME for copy in find_copies(folder)]
    return len(made) == 1 and made[0].is_file() and made[0].read_text(encoding="utf-8") == content


@contextmanager
def replacing(folder: Path, content: str) -> Iterator[None]:
    """What is written inside becomes the one copy in a folder; one that an error cut short does not pass for a run."""
    remove_copies(folder)
    with keep_files_in(folder / "wandb" / "staging", WANDB_MODE="offline"):  # else it asks its server who is there
        try:
            yield
        except Exception:
            remove_copies(folder)
            raise
    for copy in find_copies(folder):
        (copy / NAME).write_text(content, encoding="utf-8")


@contextmanager
def keep_files_in(folder: Path, **more: str) -> Iterator[None]:
    """wandb puts tables and logs under the home folder unless the environment names another place; `more` of it by name."""
    names = more | dict.fromkeys(("WANDB_DATA_DIR", "WANDB_CACHE_DIR"), str(folder.absolute()))
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def choose_settings(silent: bool) -> Any:
    """Settings under which wandb keeps what it is given and collects nothing by itself."""
    import wandb

    return wandb.Settings(
        silent=silent,
        console="off",
        save_code=False,
        symlink=False,
        disable_git=True,
        disable_code=True,
        disable_job_creation=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )


@contextmanager
def explaining(mode: str) -> Iterator[None]:
    """What wandb raises inside becomes an InputError of one line that says the way out."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"logger.mode={mode}: {' '.join(str(error).split()).rstrip('.')}; run `wandb login`, or logger.mode=offline"
        ) from error
