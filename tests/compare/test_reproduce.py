"""A row's commands are those that make its runs, and no others."""

import shlex

import pytest
import runs as small

from wordorder.compare.comparison import compare
from wordorder.compare.reproduce import list_commands, program_of, shorten_lines
from wordorder.record.read import read_runs

PROGRAM = ["python", "scripts/train.py"]


@pytest.mark.parametrize(
    ("typed", "program"),
    [
        ("python scripts/train.py experiment=swap", "python scripts/train.py"),
        ("python scripts/train.py -m position=rope,none", "python scripts/train.py"),
        ("wordorder train position=rope seed=3", "wordorder train"),
        ("python scripts/train.py", "python scripts/train.py"),
        (
            "python scripts/train.py -cd 'a b' position=mine hydra.searchpath=[pkg://my.conf] --config-dir=c",
            "python scripts/train.py -cd 'a b' 'hydra.searchpath=[pkg://my.conf]' --config-dir=c",
        ),
    ],
)
def test_a_program_ends_where_its_words_begin_and_looks_where_it_looked(typed, program):
    assert shlex.join(program_of(typed)) == program


def test_runs_that_differ_in_their_seed_are_one_line():
    words = [["experiment=swap", "position=rope", f"seed={n}"] for n in (0, 1, 2)]
    first = "python scripts/train.py experiment=swap position=rope seed=0"
    assert shorten_lines(PROGRAM, words[:1]) == [first]
    assert shorten_lines(PROGRAM, words) == [f"{first}  # also seed=1; seed=2"]


def test_pairs_of_seeds_are_not_crossed():
    words = [[f"weight_seed={n}", f"data_seed={10 + n}"] for n in (0, 1)]
    (line,) = shorten_lines(PROGRAM, words)
    assert line == "python scripts/train.py weight_seed=0 data_seed=10  # also weight_seed=1 data_seed=11"


def test_runs_that_differ_otherwise_are_a_line_each():
    words = [["source.train=a b.txt", "seed=0"], ["source.train=c.txt", "seed=1"]]
    assert shorten_lines(PROGRAM, words) == [
        "python scripts/train.py 'source.train=a b.txt' seed=0",
        "python scripts/train.py source.train=c.txt seed=1",
    ]


def test_an_arm_has_the_words_of_its_own_runs_without_how_they_were_made_again(add_run, lab):
    for position in ("none", "rope"):
        own = ["experiment=lab", f"position={position}", "seed=0", "rerun=failed"]
        add_run(position, facts={"command": "python scripts/train.py experiment=lab", "words": own})
    comparison = compare(lab, baseline="", figures=[])
    assert list_commands(comparison.runs, comparison.arms) == {
        position: [f"python scripts/train.py experiment=lab position={position} seed=0"]
        for position in ("none", "rope")
    }


def test_typing_what_a_sweep_recorded_of_a_run_makes_that_run(here, capfd):
    words = [word for word in small.words() if not word.startswith("position=")]
    assert small.typed("train", "-m", *words, "position=learned,none", "seed=3", "model.dropout=0.0") == 0
    folder = here / "outputs" / "adhoc"
    recorded = {row.run: row.words for row in read_runs(folder).itertuples()}
    assert len(recorded) == 2
    for run, own in recorded.items():
        capfd.readouterr()
        assert small.typed("train", *own) == 0
        assert f"{run}: already done" in capfd.readouterr().out
    assert len(read_runs(folder)) == 2
