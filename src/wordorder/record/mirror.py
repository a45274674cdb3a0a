"""Windows onto a run: what its folder already holds, shown where people look. Deleting a mirror loses nothing."""

import csv
import io
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wordorder.errors import InputError
from wordorder.record.rows import Row, read_rows
from wordorder.whole_files import write_whole


def name_scores(scores: list[Row]) -> dict[str, float | None]:
    """evaluation/metric/fact/value -> value; a second evaluation of the same name carries the start of its identity."""
    first: dict[str, str] = {}
    named = {}
    for score in scores:
        name, identity = score["evaluation"], score["evaluation_id"]
        if first.setdefault(name, identity) != identity:
            name = f"{name}-{identity[:8]}"
        facts = [str(part) for fact in score["facts"].items() for part in fact]
        named["/".join([name, score["metric"], *facts])] = score["value"]
    return named


class Mirror:
    """What training calls; this one shows nothing."""

    imports: tuple[str, ...] = ()  # packages that are imported when it is first used, for who would do that before
    from_folder: bool = False  # close() is all it does, so that another process than the run's may do it

    def open(self, folder: Path) -> None:
        """Before the first step, and again where a resumed run goes on; config.yaml and run.json are there."""

    def row(self, row: Row) -> None:
        """A row that has just been appended to train.jsonl."""

    def close(self, folder: Path) -> None:
        """The run is done or failed, and the folder says so; its scores are there."""

    def shows(self, folder: Path) -> bool:
        """Of a run that is done or failed: is what close() leaves there? A kill may have come before it."""
        return True

    def hint(self, *folders: Path) -> str:
        """What a person types next to see these runs of one experiment, or nothing."""
        return ""


class NoMirror(Mirror):
    """logger=none: the folder is enough."""


class CSVMirror(Mirror):
    """train.csv beside train.jsonl: every column that any row has, in the order of first appearance."""

    from_folder = True

    def close(self, folder: Path) -> None:
        rows = read_rows(folder / "train.jsonl")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(dict.fromkeys(column for row in rows for column in row)))
        writer.writeheader()
        writer.writerows(rows)
        write_whole(folder / "train.csv", text.getvalue(), synced=False)

    def shows(self, folder: Path) -> bool:
        return _is_newer(folder / "train.csv", folder / "run.json")


class TensorBoardMirror(Mirror):
    """Event files under tensorboard/, at the optimizer step; TensorBoard itself keeps 32 bits of every number."""

    imports = ("tensorboardX",)
    from_folder = True

    def __init__(self) -> None:
        if find_spec("tensorboardX") is None:
            raise InputError(
                "logger=tensorboard needs tensorboardX: pip install 'wordorder[tensorboard]', or logger=csv"
            )

    def close(self, folder: Path) -> None:
        from tensorboardX import SummaryWriter

        rows = read_rows(folder / "train.jsonl")
        beside = folder / "tensorboard.part"
        for old in (beside, folder / "tensorboard"):
            shutil.rmtree(old, ignore_errors=True)
        with SummaryWriter(str(beside)) as writer:
            for row in rows:
                _add_scalars(writer, row, row["step"])
            _add_scalars(writer, name_scores(read_rows(folder / "scores.jsonl")), rows[-1]["step"] if rows else 0)
        beside.rename(folder / "tensorboard")

    def shows(self, folder: Path) -> bool:
        return _is_newer(folder / "tensorboard", folder / "run.json")

    def hint(self, *folders: Path) -> str:
        shown = folders[0] / "tensorboard" if len(folders) == 1 else folders[0].parent
        return f"tensorboard --logdir {shlex.quote(str(shown))}"


def _is_newer(made: Path, source: Path) -> bool:
    """Is a file or folder there, and no older than what it was made from?"""
    return made.exists() and made.stat().st_mtime_ns >= source.stat().st_mtime_ns


def _add_scalars(writer: Any, values: Row, step: int) -> None:
    for name, value in values.items():
        if name != "step" and isinstance(value, int | float):
            writer.add_scalar(name, value, step)
