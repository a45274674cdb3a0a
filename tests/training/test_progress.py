"""A run tells where it is: into a file in a few lines, on a terminal in one that is cleared, to a pool by messages."""

import multiprocessing
import sys

import pytest
from screen import Screen

from wordorder.training import progress
from wordorder.training.progress import TRAIN, At, Bar, Lines, Sent, Silent, alone


def row(loss: float) -> dict[str, float]:
    return {"step": 0, "loss": loss, "tokens_per_second": 1234.5}


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, to be changed."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_file_gets_a_line_per_interval_and_the_last_step_whatever_is_logged(clock, capsys):
    lines = Lines("run")
    lines.begin(TRAIN, of=1000)
    for step in (*range(30, 1000, 30), 1000):
        clock[0] = 100 + step / 10
        lines.show(step, row(2.5))
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "run  step 60/1000  loss 2.500  1,234 tokens/s  94 s left"
    assert out[-1] == "run  step 1000/1000  loss 2.500  1,234 tokens/s  0 s left"
    assert len(out) == 20


def test_the_time_left_of_a_resumed_run_counts_its_own_steps_only(clock, capsys):
    lines = Lines("run")
    lines.begin(TRAIN, of=100, first=50)
    clock[0] += 10
    lines.show(60, row(1.0))
    assert "step 60/100" in (out := capsys.readouterr().out) and out.endswith("40 s left\n")


def test_an_evaluation_says_in_a_file_that_it_begins_and_no_more(capsys):
    lines = Lines("run")
    for name in ("bits_per_byte", "length_sweep"):
        lines.begin(name)
        lines.advance(512)
        lines.advance(512)
        lines.end()
    assert capsys.readouterr() == ("run  evaluation bits_per_byte\nrun  evaluation length_sweep\n", "")


def test_a_terminal_shows_one_line_at_a_time_and_is_left_clean(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    screen, bar = Screen(100, 24), Bar("run")

    def now() -> list[str]:
        bar.bar.refresh()
        screen.feed(capsys.readouterr().err)
        return [line for line in screen.shown() if line]

    bar.begin(TRAIN, of=10, first=2)
    bar.show(6, row(2.5))
    (line,) = now()
    assert line.startswith("run:  60%|") and "6/10" in line and "loss 2.500  1,234 tokens/s" in line
    bar.begin("bits_per_byte")
    bar.advance(700)
    bar.advance(800)
    (line,) = now()
    assert line.startswith("run: bits_per_byte: 1.50ktoken")
    bar.end()
    bar.end()
    screen.feed(capsys.readouterr().err)
    assert not any(screen.shown())


def test_a_pool_is_told_every_row_and_an_evaluation_now_and_then(clock, monkeypatch):
    monkeypatch.setattr(Sent, "EVERY", 1.0)
    told: list[At] = []
    sent = Sent("run", told.append)
    sent.begin(TRAIN, of=4)
    for step in range(1, 5):
        sent.show(step, row(1.0))
    sent.begin("bits_per_byte")
    for _ in range(10):
        clock[0] += 0.25
        sent.advance(100)
    assert [(at.doing, at.done) for at in told] == [
        *(("train", step) for step in range(5)),
        *(("bits_per_byte", tokens) for tokens in (0, 400, 800)),
    ]
    assert told[4] == At("train", 4, 4, 1.0, 1234.5, 0.0)


def test_a_run_goes_on_when_nobody_listens_any_more():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    ours.close()
    sent = Sent("run", theirs.send)
    sent.begin(TRAIN, of=2)
    sent.show(1, row(1.0))


def test_nobody_is_told_where_nobody_watches(capsys):
    silent = Silent("")
    silent.show(1, row(1.0))
    silent.end()
    assert not any(capsys.readouterr())


@pytest.mark.parametrize(("terminal", "kind"), [(True, Bar), (False, Lines)])
def test_a_run_by_itself_has_a_bar_on_a_terminal(terminal, kind, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert type(alone("run")) is kind
