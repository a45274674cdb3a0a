"""What differs in the configs of arms, as a table for a terminal."""

from rich.table import Table
from rich.text import Text

from wordorder.compare.arms import Arm
from wordorder.compare.labels import find_differences, shorten


def list_differences(arms: list[Arm]) -> dict[str, list[str]]:
    """Dotted key -> the value of each arm as people write it, a dash where an arm has no such key."""
    configs = [arm.config for arm in arms]
    return {
        key: [shorten(config[key]) if key in config else "–" for config in configs] for key in find_differences(configs)
    }


def render_terminal(arms: list[Arm]) -> Table | Text:
    """A row for each key that differs, a column for each arm; a sentence where none does."""
    differences = list_differences(arms)
    if not differences:
        return Text("\nTheir configs do not differ")
    shown = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    shown.title = Text("\nWhat differs in their configs")
    for column in ["key", *(arm.label for arm in arms)]:
        shown.add_column(Text(column), overflow="fold")
    for key, values in differences.items():
        shown.add_row(Text(key), *map(Text, values))
    return shown
