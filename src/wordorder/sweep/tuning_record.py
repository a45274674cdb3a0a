"""tuning.json beside an experiment's final runs: what was tried for each arm, what was chosen, and what qualifies that.

It is for reports and is never read to choose: it is written again from the run folders by every command that trains. Runs
are named by their folders, tuning runs in `folder` beside the experiment's own; a mean or value that is null diverged.
"""

import json
from math import isfinite
from pathlib import Path
from typing import Any

from wordorder.sweep.stages import Arm
from wordorder.sweep.tuning import METRIC, Settled, Tried
from wordorder.whole_files import write_whole

NAME = "tuning.json"


def write_tuning(settled: Settled, experiment: Path) -> None:
    """Write what is settled into an experiment's folder; a reader finds the file whole or not at all."""
    file, said = experiment / NAME, json.dumps(describe(settled), indent=1, allow_nan=False)
    experiment.mkdir(parents=True, exist_ok=True)
    # the file's time is part of what a comparison is made from
    if not file.exists() or file.read_text(encoding="utf-8") != said:
        write_whole(file, said, shared=True)


def describe(settled: Settled) -> dict[str, Any]:
    """The content of the file."""
    tuned = settled.tuned
    stages, arm_of = tuned.stages, tuned.stages.finals(tuned.chosen)
    final: dict[Arm, list[str]] = {}
    for run in settled.final:
        final.setdefault(arm_of[tuple(run.words)], []).append(run.name)
    return {
        "key": stages.key,
        "metric": METRIC,
        "split": "val",
        "folder": stages.folder,
        "seeds": [seed.value for seed in stages.seeds],
        "values": [level.value for level in tuned.levels],
        "added": [level.value for level in tuned.added],
        "arms": [
            {
                "arm": arm.label,
                "chosen": tuned.chosen[arm].value,
                "edge": tuned.edges.get(arm, ""),
                "means": [finite(mean) for mean in means],
                "tried": [describe_run(one) for one in tuned.tried if one.trial.arm == arm],
                "final": final[arm],
            }
            for arm, means in tuned.means.items()
        ],
    }


def describe_run(one: Tried) -> dict[str, Any]:
    seed, level = one.trial.seed.value, one.trial.level.value
    return {"run": one.run.name, "value": level, "seed": seed, METRIC: finite(one.bits)}


def finite(bits: float) -> float | None:
    return bits if isfinite(bits) else None
