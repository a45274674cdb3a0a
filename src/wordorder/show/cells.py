"""cells: what cannot be seen made visible, and tokens side by side in their borders, in as many columns as there are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

from rich.cells import cell_len, set_cell_size
from rich.text import Text

SIGNS = {" ": "␣", "\n": "⏎", "\t": "⇥"}
END, BORDER, APART = "∎", "│", "║"
SCORED, DIM = "bold green", "dim"
MARK = "^"
MARGIN = 10  # columns for what a line is
HEAD, TAIL = 6, 2  # lines of tokens that are shown of what is longer


def spell(raw: bytes, *, reading: bool = False) -> list[str]:
    """The characters that bytes stand for, each as it can be seen: <E2> a byte of no character, <U+200D> what has no width.

    `reading`: spaces stay spaces.
    """
    seen: list[str] = []
    base = False  # can the character before carry an accent?
    for char in raw.decode("utf-8", errors="surrogateescape"):
        if not cell_len(char) and char.isprintable() and base:
            seen[-1] += char
            continue
        base = bool(cell_len(char)) and char.isprintable() and char != " "
        if "\udc80" <= char <= "\udcff":
            seen.append(f"<{ord(char) - 0xDC00:02X}>")
        elif char in SIGNS:
            seen.append(char if reading and char == " " else SIGNS[char])
        else:
            seen.append(char if base else f"<U+{ord(char):04X}>")
    return seen


@dataclass(frozen=True)
class Cell:
    """One token: what stands in each of its lines, whether it is scored, and the border before it."""

    lines: tuple[str, ...]
    scored: bool = False
    border: str = BORDER

    @property
    def width(self) -> int:
        return max(map(cell_len, self.lines))


Row = list[Cell]


def lay(cells: Iterable[Cell], width: int) -> Iterator[Row]:
    """Rows of cells that fit in `width` columns, borders counted."""
    row, used = [], 1
    for cell in cells:
        if row and used + cell.width + 1 > width:
            yield row
            row, used = [], 1
        row.append(cell)
        used += cell.width + 1
    if row:
        yield row


def fold(cell: Callable[[int], Cell], n: int, width: int) -> tuple[list[Row], int, list[Row]]:
    """Cells 0 to n - 1 in rows: the first ones, how many cells are left out after them, and the last ones."""
    head = list(islice(lay(map(cell, range(n)), width), HEAD + TAIL + 1))
    if len(head) <= HEAD + TAIL:
        return head, 0, []
    shown = sum(map(len, head[:HEAD]))
    near = max(shown, n - TAIL * width)  # no row holds more cells than columns
    tail = list(lay(map(cell, range(near, n)), width))[-TAIL:]
    return head[:HEAD], n - shown - sum(map(len, tail)), tail


def draw(row: Row, lines: dict[str, str]) -> Text:
    """A row in lines; `lines`: what each one is, and its style. One more than the cells have marks those that are scored."""
    drawn = Text()
    for n, (name, style) in enumerate(lines.items()):
        drawn.append(f"{name:<{MARGIN}}", DIM)
        for cell in row:
            shown = cell.lines[n] if n < len(cell.lines) else MARK * cell.width * cell.scored
            drawn.append(cell.border, DIM)
            drawn.append(set_cell_size(shown, cell.width), SCORED if cell.scored and not style else style)
        drawn.append(f"{BORDER}\n", DIM)
    return drawn


def write(pieces: Iterable[tuple[bytes, bool]], width: int, *, without: bytes = b"") -> Text:
    """Text to be read, in lines of `width` columns, with marks under what is scored. `without`: bytes it begins with."""
    written, characters = Text(), []
    for scored, group in groupby((piece for piece in pieces if piece[0]), key=itemgetter(1)):
        raw = b"".join(raw for raw, _ in group)
        raw = raw if characters else raw.removeprefix(without)
        characters += [(char, scored) for char in spell(raw, reading=True)]
    for n, line in enumerate(wrap(characters, width)):
        written.append(f"{'' if n else 'text':<{MARGIN}}", DIM)
        for char, scored in line:
            written.append(char, SCORED if scored else "")
        written.append("\n")
        if any(scored for _, scored in line):
            marks = "".join((MARK if scored else " ") * cell_len(char) for char, scored in line)
            written.append(f"{'scored':<{MARGIN}}", DIM).append(f"{marks.rstrip()}\n", SCORED)
    return written


def wrap(characters: list[tuple[str, bool]], width: int) -> Iterator[list[tuple[str, bool]]]:
    """Lines that end after a newline's sign, or else after the last space that fits, or where the width ends."""
    line: list[tuple[str, bool]] = []
    for char, scored in characters:
        if line and sum(cell_len(one) for one, _ in line) + cell_len(char) > width:
            past = max((n + 1 for n, (one, _) in enumerate(line) if one == " "), default=len(line))
            yield line[:past]
            line = line[past:]
        line.append((char, scored))
        if char == SIGNS["\n"]:
            yield line
            line = []
    if line:
        yield line
