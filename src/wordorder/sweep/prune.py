"""Run folders beside the planned ones that the plan does not name, and their removal."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from wordorder.record.folders import list_runs
from wordorder.record.holder import read_holder
from wordorder.record.run_record import RunRecord
from wordorder.sweep.planned import Planned


def unplanned(runs: Sequence[Planned]) -> list[Path]:
    """The run folders that lie where planned ones do and are neither planned nor what a planned one begins from."""
    needed = {Path(path).resolve() for run in runs for path in (run.folder, run.parent) if path}
    places = dict.fromkeys(Path(run.folder).parent for run in runs)
    return [path for place in places for path in list_runs(place) if path.resolve() not in needed]


def held(folder: Path) -> bool:
    """Is a process at it, or may one be on another machine? Who removes asks the lock besides."""
    holder = read_holder(folder)
    return holder is not None and holder.alive is not False


def size(folder: Path) -> int:
    """Bytes of the files in a folder; a link to a run frees nothing."""
    if folder.is_symlink():
        return 0
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() or file.is_symlink())


def remove(folder: Path) -> None:
    """Remove a run's folder, or the link to one. Raises InputError where a process has its lock."""
    if folder.is_symlink():
        folder.unlink()
        return
    with RunRecord(folder).hold():
        shutil.rmtree(folder)
