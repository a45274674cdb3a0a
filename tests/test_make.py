"""What make would run for the words that a person types; nothing is run here."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--dry-run", "--no-print-directory", "compare", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ([], "experiment=quickstart"),
        (["SEEDS=1"], "experiment=quickstart seed=0"),
        (["SEEDS=3"], "experiment=quickstart seed=0,1,2"),
        (["EXPERIMENT=swap", "SEEDS=5"], "experiment=swap seed=0,1,2,3,4"),
    ],
)
def test_seeds_are_counted_from_zero_and_the_experiments_own_without(words: list[str], typed: str) -> None:
    assert make(*words).stdout.splitlines()[-1].split() == [".venv/bin/python", "scripts/train.py", *typed.split()]


@pytest.mark.parametrize("seeds", ["0", "-1", "x", "1.5"])
def test_what_is_no_number_of_seeds_is_refused(seeds: str) -> None:
    ended = make(f"SEEDS={seeds}")
    assert ended.returncode == 2 and f"SEEDS={seeds}: say how many" in ended.stderr and "train.py" not in ended.stdout
