"""What qualifies a table's numbers is said of the runs that it is true of."""

from collections.abc import Callable
from pathlib import Path

from wordorder.compare.comparison import compare


def test_a_run_that_lacks_the_split_that_is_shown_is_named(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1, 2):
        folder = add_run("none", seed)
    rows = [
        line for line in (folder / "scores.jsonl").read_text().splitlines() if '"bits_per_byte_with_end"' not in line
    ]
    on_val = [line.replace('"test"', '"val"') if '"evaluation": "bits_per_byte"' in line else line for line in rows]
    (folder / "scores.jsonl").write_text("\n".join(on_val) + "\n")
    assert compare(lab, baseline="", figures=[]).notes == [
        "Scored on test, val: an evaluation of several is shown on test; scores.csv has all.",
        f"{folder.name} has bits_per_byte on val and not on test: those numbers are without it.",
    ]
