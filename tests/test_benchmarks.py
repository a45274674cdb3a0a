"""Each part of benchmark.py runs, in its smallest form; what it finds is not judged here."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "benchmark.py"
PARTS = {
    "loop": ["--rounds", "2", "--steps", "1"],
    "data": ["--rounds", "1", "--megabytes", "1", "--large", "0"],
    "position": "--schemes rope --lengths 32 --tokens 64 --rounds 1 --seconds 0.1 --devices cpu".split(),
    "start": ["--rounds", "1"],
    "report": "--rates 1 --seeds 1 --log-rows 20 --rounds 1".split(),
    "sweep": "--runs 2 --seconds 1 --words logger=none model.d_model=32".split(),
    "peers": ["--rounds", "1", "--steps", "1", "--modes", "fp32 eager"],
}
SLOW = ("data", "start", "peers", "report", "sweep")


@pytest.mark.parametrize("part", [pytest.param(part, marks=[pytest.mark.slow] * (part in SLOW)) for part in PARTS])
def test_a_part_runs(part, tmp_path):
    out = tmp_path / "found.json"
    words = [sys.executable, str(SCRIPT), part, *PARTS[part], "--out", str(out)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f'"part": "{part}"' in out.read_text(encoding="utf-8")


def test_no_part_is_left_out():
    there = {path.stem for path in (SCRIPT.parent / "benchmarks").glob("*.py")} - {"measure"}
    assert there == set(PARTS)
