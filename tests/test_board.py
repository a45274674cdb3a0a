"""One table for a whole sweep: it fits the terminal, is drawn over itself without a torn line, and leaves nothing behind."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from screen import Screen

from wordorder import board
from wordorder.board import Board, choose_view, count, shorten
from wordorder.outcome import Outcome
from wordorder.training.progress import At
from wordorder.view import Listing

NAMES = [
    f"{name}-byte-python_docs-s{seed}-248b293{seed}" for name in ("rope_local_nope_global", "none") for seed in range(6)
]


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, to be changed."""
    now = [100.0]
    monkeypatch.setattr(board.time, "monotonic", lambda: now[0])
    return now


class Terminal:
    """A board on a terminal of this size, and what is seen there."""

    def __init__(self, names: list[str], columns: int, height: int, n_jobs: int = 4):
        self.file, self.screen = io.StringIO(newline=""), Screen(columns, height)
        console = Console(file=self.file, force_terminal=True, width=columns, height=height, legacy_windows=False)
        self.board = Board(names, n_jobs, console)

    def see(self) -> list[str]:
        self.screen.feed(self.file.getvalue().replace("\n", "\r\n"))  # as the terminal's driver does
        self.file.seek(0)
        self.file.truncate()
        return self.screen.shown()


def training(step: int, left: float = 60.0) -> At:
    return At("train", step, 20_000, 2.5, 12_345.6, left)


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (140, 40), (60, 12)])
def test_a_sweep_of_twelve_is_drawn_over_itself_without_a_torn_line(columns, height, clock):
    terminal = Terminal(NAMES, columns, height)
    with terminal.board as shown:
        assert terminal.see()[0].startswith("12 runs: 12 waiting; packages are imported")
        for number in range(12):
            shown.began(number)
            for step in range(0, 20_001, 4000):
                clock[0] += 1
                shown.at(number, training(step))
                shown.draw(stopping=False)
                lines = terminal.see()
                assert sum("12 runs" in line for line in lines) == 1 and len(lines) <= height
                assert max(map(len, lines)) <= columns and not terminal.screen.wrapped
            shown.at(number, At("position_in_context", 123_456))
            if number >= 4:
                shown.ended(number - 4, Outcome(Path(), "done"))
    assert not any(terminal.see())


def test_each_run_under_way_has_a_row_and_the_latest_that_ended_a_line(clock):
    terminal = Terminal(NAMES, 140, 40)
    with terminal.board as shown:
        for number in range(6):
            shown.began(number)
        shown.at(3, training(1500))
        shown.at(4, At("length_sweep", 123_456))
        shown.ended(0, Outcome(Path(), "done"))
        shown.ended(1, Outcome(Path(), "kept", "already done"))
        shown.ended(2, Outcome(Path(), "failed", "lr is too high\nand more"))
        shown.waits(6, "waiting for process 1 on moon, which holds outputs/x")
        shown.draw(stopping=False)
        head, _, *rows = terminal.see()
    assert head.startswith("12 runs: 1 done, 1 kept, 1 failed, 3 running, 6 waiting; about ")
    assert rows[0].split()[:2] == [NAMES[3], "train"] and rows[0].split()[-4:] == ["2.500", "12,346", "60", "s"]
    assert "1,500/20,000" in rows[0]
    assert rows[1].split()[:2] == [NAMES[4], "length_sweep"] and rows[1].rstrip().endswith("123k tokens")
    assert rows[2].split() == [NAMES[5], "prepare"]
    assert rows[3:7] == [
        "waiting for process 1 on moon, which holds outputs/x",
        f"done   {NAMES[0]}",
        f"kept   {NAMES[1]}: already done",
        f"failed {NAMES[2]}: lr is too high",
    ]


def test_more_runs_than_lines_are_counted(clock):
    terminal = Terminal([f"run-{number}" for number in range(64)], 80, 24, n_jobs=64)
    with terminal.board as shown:
        for number in range(64):
            shown.began(number)
        shown.draw(stopping=False)
        lines = terminal.see()
    rows = [line for line in lines if line.startswith("run-")]
    assert len(lines) <= 24 and f"and {64 - len(rows)} more" in lines and len(rows) > 15


def test_the_time_left_is_that_of_the_runs_of_this_sweep(clock):
    shown = Terminal(NAMES[:7], 80, 24, n_jobs=2).board
    assert shown.left(7) is None
    shown.began(0)
    clock[0] += 100
    shown.ended(0, Outcome(Path(), "done"))  # took 100 s
    shown.began(1)
    shown.began(2)
    clock[0] += 50
    shown.at(1, training(1, left=150.0))  # will take 200 s
    # The mean is 150 s; run 2, of which nothing is known, has had 50 of them. 150 + 100 + 4 * 150, two at a time:
    assert shown.left(4) == pytest.approx(425.0)
    shown.n_jobs = 100
    assert shown.left(4) == pytest.approx(150.0)  # no sooner than the longest


def test_a_run_that_was_kept_says_nothing_of_how_long_others_take(clock):
    shown = Terminal(NAMES, 80, 24).board
    shown.began(0)
    shown.ended(0, Outcome(Path(), "kept", "already done"))
    assert shown.left(11) is None


def test_a_stop_that_was_asked_for_is_seen(clock):
    terminal = Terminal(NAMES, 140, 24)
    with terminal.board as shown:
        shown.began(0)
        clock[0] += 1
        shown.draw(stopping=True)
        assert "stopping at the next step, with a checkpoint (again: at once)" in terminal.see()[0]


def test_it_is_drawn_a_few_times_a_second_however_often_it_is_asked(clock):
    terminal = Terminal(NAMES, 80, 24)
    with terminal.board as shown:
        shown.draw(stopping=False)
        before = len(terminal.file.getvalue())
        shown.draw(stopping=False)
        assert len(terminal.file.getvalue()) == before
        clock[0] += board.EVERY
        shown.draw(stopping=False)
        assert len(terminal.file.getvalue()) > before


def test_names_keep_both_ends():
    assert shorten("rope-byte-s0-12345678", 30) == "rope-byte-s0-12345678"
    short = [shorten(name, 25) for name in NAMES]
    assert {len(name) for name in short} == {25} and len(set(short)) == 12
    assert short[0] == "rope_local_n…-s0-248b2930"


def test_counts_are_short():
    assert [count(n) for n in (0, 999, 1000, 123_456, 999_499, 999_500, 3_400_000)] == [
        "0",
        "999",
        "1k",
        "123k",
        "999k",
        "1.0M",
        "3.4M",
    ]


@pytest.mark.parametrize(("terminal", "kind"), [(True, Board), (False, Listing)])
def test_a_table_is_for_terminals(terminal, kind, monkeypatch):
    monkeypatch.setattr(board, "Console", lambda stderr: Console(force_terminal=terminal, force_interactive=terminal))
    assert type(choose_view(NAMES, 2)) is kind
