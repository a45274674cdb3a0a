"""hub_folder: a folder on this machine with the files of a data set's repository on the hub."""

import os
from pathlib import Path

from wordorder.errors import InputError

POINTER = b"version https://git-lfs.github.com/spec"  # so begins what git leaves of a file where git-lfs is missing
POINTER_BYTES = 1024  # the most that this may hold


def find_folder(name: str) -> Path | None:
    """Return the folder that a person named; None for what may be a name on the hub."""
    path = Path(name).expanduser()
    if path.is_file():
        raise InputError(f"source.name={name} is a file; give its folder, or source=text_file source.train={name}")
    if path.is_dir():
        return path.resolve()
    if name.startswith(("/", ".", "~")):
        raise InputError(f"source.name={name} does not exist; looked for the folder {path.resolve()}")
    return None


def list_state(folder: Path) -> list[tuple[str, int, int]]:
    """List a folder's files, hidden ones aside, with what changes when they do."""
    found = []
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in [Path(inside, name) for name in names if not name.startswith(".")]:
            found.append((str(path), path.stat().st_size, path.stat().st_mtime_ns))
    return sorted(found)


def refuse_pointers(name: str) -> None:
    """Raise InputError where git left pointers in a folder instead of files; asked once something could not be read."""
    folder = find_folder(name)
    for path, size, _ in list_state(folder) if folder else []:
        if size <= POINTER_BYTES and Path(path).read_bytes().startswith(POINTER):
            raise InputError(
                f"source.name={name} was cloned without git-lfs, so that {path} is only a pointer to its content; run "
                f"`git lfs pull` in {folder}, or `hf download NAME --repo-type dataset --local-dir FOLDER` for a new one"
            )
