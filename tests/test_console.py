"""The width of what is printed, on a terminal and elsewhere."""

import io

import pytest

from wordorder import console


@pytest.mark.parametrize(("terminal", "width"), [(True, 77), (False, console.WIDTH)])
def test_only_a_terminal_s_own_width_is_kept(monkeypatch, terminal, width):
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert console.make_console().width == width


def test_what_was_printed_is_kept(capsys):
    kept = console.make_console(record=True)
    kept.print("a table")
    assert kept.export_text() == capsys.readouterr().out == "a table\n"
