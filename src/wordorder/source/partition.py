"""partition: train, val and test out of one thing, a text, a table or a folder; the same for the same content."""

import hashlib
from pathlib import Path

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Split
from wordorder.source.stretches import Part, find_border

SHORTEST = 1000  # bytes of a text file to be split: below, val would be a line or two
FEWEST_ROWS = 20  # of a table to be split: one row in val and one in test
NEAR = 65536  # bytes around a cut in which a paragraph border is looked for


def whole(files: list[Path]) -> list[Part]:
    """Take files from begin to end."""
    parts = [Part(file, 0, None) for file in files]
    return [Part(part.path, 0, part.path.stat().st_size) if part.kind == "text" else part for part in parts]


def split_files(folder: Path, files: list[Path]) -> dict[Split, list[Part]]:
    """Give val, then test, each file that fits into 5 % of the bytes, in the order of hashed names; train the rest."""
    rest = list(files)
    if len(rest) < 3:
        raise InputError(
            f"source.train={folder} holds {len(rest)} file(s) and needs 3 to be split by file; "
            "name one file to have it split inside, or give source.val and source.test"
        )
    names = {file: file.relative_to(folder).as_posix() for file in rest}
    room = sum(file.stat().st_size for file in rest) // 20
    splits: dict[Split, list[Part]] = {}
    for split, others in (("val", 2), ("test", 1)):
        taken, free = [], room
        for file in sorted(rest, key=lambda file: hashlib.sha256(names[file].encode()).digest()):
            if file.stat().st_size <= free and len(rest) - len(taken) > others:
                taken.append(file)
                free -= file.stat().st_size
        taken = taken or [min(rest, key=lambda file: (file.stat().st_size, names[file]))]
        splits[split] = whole([file for file in rest if file in taken])
        rest = [file for file in rest if file not in taken]
    return {"train": whole(rest), **splits}


def split_text(path: Path) -> dict[Split, list[Part]]:
    """Cut a file at 90 % and 95 % of its bytes, each cut moved to a paragraph border near it."""
    size = path.stat().st_size
    if size < SHORTEST:
        raise InputError(
            f"source.train={path} has {size} bytes and needs {SHORTEST} to be split 90/5/5; "
            "give more text, or source.val and source.test"
        )
    reach = min(NEAR, size // 40 - 1)  # less than half of 5 %, so that the cuts stay apart
    cuts = [0]
    with open(path, "rb") as file:
        for target in (size * 90 // 100, size * 95 // 100):
            file.seek(target - reach)
            cuts.append(target - reach + find_border(file.read(2 * reach + 1), reach, 2 * reach))
    cuts.append(size)
    return {split: [Part(path, cuts[i], cuts[i + 1])] for i, split in enumerate(SPLITS)}


def split_rows(path: Path, rows: int) -> dict[Split, list[Part]]:
    """Cut a table of so many `rows` with text at 90 % and 95 % of them."""
    if rows < FEWEST_ROWS:
        raise InputError(
            f"source.train={path} has {rows} row(s) with text and needs {FEWEST_ROWS} to be split 90/5/5; "
            "give more rows, or source.val and source.test"
        )
    held = rows * 5 // 100
    cuts = (0, rows - 2 * held, rows - held, rows)
    return {split: [Part(path, cuts[i], cuts[i + 1])] for i, split in enumerate(SPLITS)}
