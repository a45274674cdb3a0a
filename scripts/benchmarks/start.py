"""From the command to its first step, with the text and the tokenizer made before, in parts.

Four commands take turns, each doing what the one before does and more: the interpreter; the imports of a training run; the
whole up to the composed config; the whole up to the first row of train.jsonl. Differences of their medians are the parts.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Report, median_ms, take_turns

TRAIN = Path(__file__).resolve().parents[1] / "train.py"
WORDS = ["logger=none", "trainer.budget=2000", "trainer.unit=steps", "record.log_steps=1", "record.validate_steps=0"]
IMPORTS = "import wordorder.commands, wordorder.run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5)


def measure(arguments: argparse.Namespace) -> Report:
    """The parts of a start, in milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contestants: dict[str, Callable[[], object]] = {
            "interpreter": lambda: run(folder, "-c", "pass"),
            "imports": lambda: run(folder, "-c", IMPORTS),
            "config": lambda: run(folder, str(TRAIN), "--cfg", "job"),
            "first step": lambda: first_step(folder),
        }
        seconds = take_turns(contestants, rounds=arguments.rounds, steps=1, warmup=1, title="start")
    ms = {name: median_ms(values) for name, values in seconds.items()}
    rows = [{"command": name, "ms": value} for name, value in ms.items()]
    after = {"part": "imports to first step", "ms": ms["first step"] - ms["imports"]}
    return Report("start", {"rounds": arguments.rounds}, {"whole commands": rows, "beyond imports": [after]})


def run(folder: Path, *words: str) -> None:
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)


def first_step(folder: Path) -> None:
    """Train until the first row is written, then stop hard; caches stay, the run does not."""
    runs = folder / "outputs" / "adhoc"
    shutil.rmtree(runs, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, str(TRAIN), *WORDS], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while not any(file.stat().st_size for file in runs.glob("*/train.jsonl")):
        if process.poll() is not None:
            raise RuntimeError(process.stderr.read().decode())
        time.sleep(0.01)
    process.kill()
    process.wait()
