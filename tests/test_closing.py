"""The last words of a sweep name what failed, why, and where its log lies."""

import pytest

from wordorder import closing
from wordorder.closing import closing_table
from wordorder.outcome import Outcome
from wordorder.record.mirror import NoMirror


def test_a_run_that_failed_is_told_with_its_log_if_it_has_one(tmp_path, capsys):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    for name in ("a", "c"):
        (tmp_path / name / "log.txt").write_text("...")
    outcomes = [("a", "failed", "too bad"), ("b", "failed", "worse"), ("c", "kept", "already done")]
    closing_table([Outcome(tmp_path / name, status, said) for name, status, said in outcomes], NoMirror())
    out = capsys.readouterr().out
    said = [line.rstrip() for line in out.splitlines() if line[:3] in ("a: ", "b: ", "c: ")]
    assert said == [f"a: too bad; log: {tmp_path / 'a' / 'log.txt'}", "b: worse", "c: already done"]


@pytest.mark.parametrize(
    ("argv", "typed"),
    [
        (["scripts/train.py", "seed=1"], "python scripts/train.py seed=1"),
        (["/usr/bin/wordorder", "seed=1"], "wordorder train seed=1"),
        (["/usr/bin/wordorder", "train", "seed=1"], "wordorder train seed=1"),
        (["/x/wordorder/__main__.py", "seed=1"], "python -m wordorder train seed=1"),
        (["/usr/bin/other", "seed=1"], "python /usr/bin/other seed=1"),
    ],
)
def test_what_was_typed_is_what_can_be_typed(argv, typed, monkeypatch):
    monkeypatch.setattr("sys.argv", argv)
    assert " ".join(closing.typed()) == typed
