"""items_part: the items of an evaluation that is under way, so that one that was stopped goes on where it was.

<run>/items.<start of its identity>.part.jsonl: a line that says what the items belong to, then a line for each. Its last line
may be cut short by a kill; what was not flushed then is asked again.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wordorder.record.rows import Row, read_rows
from wordorder.whole_files import write_whole

FLUSH_SECONDS = 5.0  # at most so much work is lost


class ItemsPart:
    """`belongs` says what the items are of; those of anything else are not read."""

    def __init__(self, folder: Path, evaluation_id: str, belongs: dict[str, str]):
        self.path = folder / f"items.{evaluation_id[:16]}.part.jsonl"
        self.belongs = belongs | {"evaluation_id": evaluation_id}

    def read(self) -> list[Row]:
        """The whole items that are there, in the order in which they were written."""
        rows = read_rows(self.path)
        return rows[1:] if rows and rows[0] == self.belongs else []

    @contextmanager
    def writing(self) -> Iterator[Callable[[Row], None]]:
        """Within, the function given appends one item to those that `read` returns."""
        text = "".join(json.dumps(row) + "\n" for row in (self.belongs, *self.read()))
        write_whole(self.path, text)
        flushed = time.monotonic()
        with self.path.open("a", encoding="utf-8") as file:

            def write(row: Row) -> None:
                nonlocal flushed
                file.write(json.dumps(row) + "\n")
                if time.monotonic() - flushed >= FLUSH_SECONDS:
                    file.flush()
                    flushed = time.monotonic()

            yield write

    def remove(self) -> None:
        """Once the scores are in the record."""
        self.path.unlink(missing_ok=True)
