"""Files that a reader finds whole or not at all: written beside their place, under another name, and renamed into it.

Their mode is what the user's umask says. Limits: after a loss of power a file that was not `synced` may be empty; a file system
without locks (flock) cannot be used.
"""

import glob
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

ABANDONED = 3600.0  # seconds after which nobody is still writing a file


def write_whole(path: Path, content: str | bytes, *, synced: bool = True, shared: bool = False) -> None:
    """Put a file with this content in place of what was there, text in UTF-8; the folder must be there.

    `synced`: on disk when this returns. `shared`: several processes may be writing it, and the last one's content stays.
    """
    if shared:
        remove_abandoned(path)
    with replacing(path, synced=synced, shared=shared) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, *, synced: bool = True, shared: bool = False) -> Iterator[BinaryIO]:
    """Within, what is to be the file's content is written to the file given; an error leaves what was there.

    A writer who is killed leaves one file beside, which the next one overwrites, or removes an hour later where it is shared.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}") if shared else beside(path)
    with part.open("wb") as file:
        yield file
        if synced:
            file.flush()
            os.fsync(file.fileno())
    os.replace(part, path)


def beside(path: Path) -> Path:
    """Where a file is written of which there is one writer at a time."""
    return path.with_name(f".{path.name}.part")


def remove_abandoned(path: Path) -> None:
    """Remove what killed writers of a shared file have left, each under a name of its own."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with suppress(FileNotFoundError):  # another removes it too, or has renamed it
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()


def lock_beside(path: Path) -> FileLock:
    """A lock on what is made at this place, for whoever sees its folder: processes of other machines and other users too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"), mode=0o666)
