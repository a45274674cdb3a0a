"""The table of a record's scores holds what was asked, and of that what counts now."""

from pathlib import Path
from types import SimpleNamespace

from wordorder.score_table import print_scores


def row(evaluation: str, evaluation_id: str, value: float | None, **more) -> dict:
    return {"evaluation": evaluation, "evaluation_id": evaluation_id, "metric": "m", "facts": {}, "count": 7} | {
        "value": value,
        **more,
    }


def test_scores_of_other_evaluations_and_of_earlier_identities_are_left_out(capsys):
    rows = [
        row("bits", "now", 1.23456, facts={"length": 128, "times": 2}),
        row("bits", "before", 2.0),
        row("sweep", "now", None, why="ends at position 4"),
        row("other", "now", 3.0),
    ]
    current = {"bits": "now", "sweep": "now", "other": "now"}
    record = SimpleNamespace(folder=Path("outputs/run"), facts={"evaluations": current}, scores=lambda: rows)
    print_scores(record, ["bits", "sweep"], ["sweep"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["outputs/run"],
        ["evaluation", "metric", "about", "value", "tokens"],
        ["bits", "m", "length", "128,", "times", "2", "1.2346", "7"],
        ["sweep", "m", "n/a:", "ends", "at", "position", "4", "7"],
        ["already", "known:", "bits"],
    ]


def test_where_all_was_asked_now_nothing_is_said_to_be_known(capsys):
    record = SimpleNamespace(folder=Path("run"), facts={"evaluations": {"bits": "a"}}, scores=lambda: [])
    print_scores(record, ["bits"], ["bits"])
    assert "already known" not in capsys.readouterr().out
