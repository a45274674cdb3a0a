"""The last words of a sweep name what failed, why, and where its log lies."""

import pytest

from wordorder import closing, keeping
from wordorder.closing import closing_table
from wordorder.outcome import Outcome
from wordorder.record.mirror import Mirror, NoMirror


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


def test_each_folder_that_the_runs_lie_in_has_its_hint(tmp_path, capsys):
    class Shown(Mirror):
        def hint(self, *folders):
            return f"look at {folders[0].parent.name}: {' '.join(folder.name for folder in folders)}"

    for name in ("one/a", "two/b", "one/c"):
        (tmp_path / name).mkdir(parents=True)
    closing_table([Outcome(tmp_path / name, "kept") for name in ("one/a", "two/b", "one/c")], Shown())
    assert capsys.readouterr().out.endswith("look at one: a c\nlook at two: b\n")


def test_what_a_stopped_command_made_again_is_not_made_again_by_what_goes_on_with_it(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["scripts/train.py", "-m", "seed=0,1", "rerun=all"])
    with pytest.raises(SystemExit):
        closing.say_how_to_go_on()
    assert capsys.readouterr().err.endswith(f"\n  python scripts/train.py -m seed=0,1 rerun={keeping.BEGAN}\n")


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
