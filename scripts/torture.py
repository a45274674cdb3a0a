"""Kill a sweep again and again, and see that the same command always finishes it, to the same bits.

python scripts/torture.py kills=100     SIGKILL of a run, the pool or the launcher, at times drawn uniformly over the sweep

least=3             how often each phase (import, train, checkpoint, evaluate, finish) is hit at least: kills that wait for
                    a phase make up for what chance leaves out
draw=0              seed of times and targets
out=FILE.json       the log, one entry a kill; outputs/torture.json
                    other words go to train.py, such as seed=0 for fewer runs

Linux only: processes are found in /proc. Ctrl-C ends it with a report of what was found. Exit code 1 if a sweep did not
finish, a result differed, a process stayed or a phase was hit too rarely.
"""

import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Report
from killing.found import Found, table
from killing.torment import Torment

OWN = {"kills": "100", "least": "3", "draw": "0", "out": "outputs/torture.json"}


def main(words: list[str]) -> int:
    if unreadable := [word for word in words if "=" not in word]:
        print(__doc__)
        return 0 if unreadable in (["--help"], ["-h"]) else 2
    typed = dict(word.split("=", 1) for word in words)
    own = OWN | {key: value for key, value in typed.items() if key in OWN}
    rest = [f"{key}={value}" for key, value in typed.items() if key not in OWN]
    numbers = {"kills": int(own["kills"]), "least": int(own["least"]), "seed": int(own["draw"])}
    report = Report("torture", numbers)
    for stop in (signal.SIGINT, signal.SIGTERM):  # both end it early, with a report of what was found
        signal.signal(stop, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        found = Torment(Path(folder), rest, **numbers).run()
    report.tables = {"kills": table(found.kills), "found": [summary(found)]}
    report.show()
    save(report, found, Path(own["out"]))
    return 0 if found.sound and not found.lacking(numbers["least"]) else 1


def summary(found: Found) -> dict[str, str | int | float | None]:
    """How often what happened."""
    return {
        "sweeps": found.sweeps,
        "commands": found.commands,
        "kills": len(found.kills),
        "differing": len(found.differing),
        "unfinished": len(found.unfinished),
        "survivors": found.survivors,
        "refused": found.refused,
        "tracebacks": len(found.tracebacks),
        "litter": sum(found.litter.values()),
        "minutes": found.seconds / 60,
    }


def save(report: Report, found: Found, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(report) | {"log": asdict(found)}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
