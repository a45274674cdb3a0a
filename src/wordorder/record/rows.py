"""Rows of a jsonl file, one JSON object a line."""

import json
from pathlib import Path
from typing import Any

from wordorder.errors import InputError

Row = dict[str, Any]


def read_rows(file: Path, *, required: tuple[str, ...] = ()) -> list[Row]:
    """The objects of a jsonl file, none where it does not exist; a last line that a kill cut short does not count."""
    lines = file.read_bytes().split(b"\n") if file.is_file() else []
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # the writer ends every row with a line end: this one it never finished
                break
            raise InputError(f"{file}, line {number}: not JSON ({error}); mend or remove that line") from error
        lacking = [key for key in required if not isinstance(row, dict) or key not in row]
        if lacking or not isinstance(row, dict):
            raise InputError(f"{file}, line {number}: no {', '.join(lacking) or 'object'}; mend or remove that line")
        rows.append(row)
    return rows
