"""Measure the speed of one part of wordorder on this machine: `python scripts/benchmark.py PART [--out FILE.json]`.

Each part is a file in `benchmarks/` with a docstring, `add_arguments(parser)` and `measure(arguments) -> Report`.
"""

import argparse
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "benchmarks"
PARTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "measure")


def main(words: list[str]) -> None:
    first = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    first.add_argument("part", choices=PARTS)
    part = importlib.import_module(f"benchmarks.{first.parse_args(words[:1]).part}")
    parser = argparse.ArgumentParser(f"benchmark.py {words[0]}", description=part.__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="also write the figures here")
    part.add_arguments(parser)
    arguments = parser.parse_args(words[1:])
    report = part.measure(arguments)
    report.show()
    if arguments.out:
        report.save(arguments.out)


if __name__ == "__main__":
    main(sys.argv[1:])
