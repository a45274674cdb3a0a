"""What a process does between the steps that trains along with the first one: it counts and pauses like it, and writes nothing."""

from typing import Any

from wordorder.record.run_record import RunRecord
from wordorder.training.group import Group
from wordorder.training.interrupt import Interrupt
from wordorder.training.intervals import Intervals
from wordorder.training.recording import Recording


class Following(Recording):
    """The same counts, checks and pauses in a process that only trains along: what it finds, the first process writes."""

    def __init__(self, record: RunRecord, intervals: Intervals, *, n_steps: int, interrupt: Interrupt, group: Group):
        super().__init__(
            record,
            intervals,
            own={},
            n_steps=n_steps,
            validate=lambda: {},
            on_row=lambda row: None,
            interrupt=interrupt,
            progress=None,
            group=group,
        )

    def add_row(self, row: dict[str, Any]) -> None:
        pass

    def show(self, row: dict[str, Any]) -> None:
        pass
