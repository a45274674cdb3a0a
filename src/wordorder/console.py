"""Where tables are printed: as wide as the terminal, in a file or a pipe as wide as a table needs."""

from rich.console import Console

WIDTH = 140


def make_console(*, record: bool = False) -> Console:
    """One that also keeps what is printed, if it is to `record`."""
    return Console(width=None if Console().is_terminal else WIDTH, record=record)
