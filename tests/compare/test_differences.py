"""The terminal's table of differing keys."""

from rich.console import Console

from wordorder.compare.arms import Arm
from wordorder.compare.differences import render_terminal


def show(*configs: dict) -> str:
    arms = [Arm(f"arm{n}", "rope", (f"run{n}",), config) for n, config in enumerate(configs)]
    console = Console(width=100)
    with console.capture() as captured:
        console.print(render_terminal(arms))
    return captured.get()


def test_each_differing_key_is_a_row_with_the_value_of_each_arm() -> None:
    text = show({"a.b": 1e-05, "same": 1, "c": "[x]"}, {"a.b": True, "same": 1})
    rows = [line.split() for line in text.splitlines()]
    assert ["key", "arm0", "arm1"] in rows and ["a.b", "1e-05", "true"] in rows and ["c", "[x]", "–"] in rows
    assert "same" not in text


def test_no_difference_is_said() -> None:
    assert "do not differ" in show({"a": 1}, {"a": 1})
