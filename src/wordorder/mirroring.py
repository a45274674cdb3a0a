"""A run that has ended is shown where people look, by whoever finds that it is not: its launcher, or the same command later."""

from contextlib import suppress
from pathlib import Path

from wordorder.record.mirror import Mirror
from wordorder.record.run_record import Held, RunRecord


def mirror_ended(folder: Path, mirror: Mirror) -> None:
    """Close the mirror of a run that is done or failed, where a kill came before that.

    A run that another process holds is left to it.
    """
    record = RunRecord(folder)
    if record.facts.get("status") in ("done", "failed") and not mirror.shows(folder):
        with suppress(Held), record.hold():
            mirror.close(folder)
