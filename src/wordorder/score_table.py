"""The scores of a record as a table on the screen."""

from rich.table import Table

from wordorder.console import make_console
from wordorder.record.run_record import RunRecord


def print_scores(record: RunRecord, names: list[str], asked: list[str]) -> None:
    """The scores of these evaluations, as they stand in the record, of which `asked` were not known before."""
    table = Table(title=str(record.folder), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in ("evaluation", "metric", "about", "value", "tokens"):
        table.add_column(column, justify="right" if column in ("value", "tokens") else "left")
    current = record.facts["evaluations"]
    for row in record.scores():
        if row["evaluation"] in names and row["evaluation_id"] == current[row["evaluation"]]:
            about = ", ".join(f"{name} {value}" for name, value in row["facts"].items())
            value = f"{row['value']:.4f}" if row["value"] is not None else f"n/a: {row['why']}"
            table.add_row(row["evaluation"], row["metric"], about, value, str(row["count"]))
    console = make_console()
    console.print(table)
    kept = [name for name in names if name not in asked]
    if kept:
        console.print(f"already known: {', '.join(kept)}")
