"""How much the difference of two arms varies over seeds, in bits per byte, from runs that are done.

A plan's own arms say it best, where two of them have three seeds in common; otherwise the runs of experiment=noise do, which
give an upper bound (compare/noise.py).
"""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import fmean

from wordorder.compare.noise import Noise, measure_noise, pool_paired
from wordorder.record.folders import SHELVES, list_runs, read_config, read_run
from wordorder.record.rows import Row
from wordorder.sweep.planned import arm_of
from wordorder.sweep.telling import Looked
from wordorder.sweep.tuning import METRIC, read_latest

LEAST = 3  # runs
Scored = dict[str, dict[tuple[int, int], list[float]]]  # arm -> weight seed, data seed -> bits per byte of each run


@dataclass(frozen=True)
class Floor:
    """The standard deviation of paired differences, the mean that the runs scored, and where that is from, in words."""

    deviation: float
    mean: float
    source: str
    noise: Noise | None = None  # where the deviation is an upper bound only


def own_floor(looked: Looked) -> Floor | None:
    """From a plan's own runs; None where no two arms have three seeds in common."""
    arms: Scored = {}
    for run, state in looked:
        bits = read_bits(Path(run.folder), run.evaluations.get(METRIC)) if state.name == "done" else None
        if bits is not None:
            arms.setdefault(run.arm, {}).setdefault(seeds_of(state.facts), []).append(bits)
    means = average(arms)
    deviation = pool_paired(means)
    if deviation is None:
        return None
    n_runs = sum(len(runs) for arm in arms.values() for runs in arm.values())
    mean = fmean(bits for arm in means for bits in arm.values())
    return Floor(deviation, mean, f"pooled over {len(arms)} arms of this plan, {n_runs} runs")


def noise_floor(folder: Path) -> Floor | None:
    """From the runs of experiment=noise; None below three that are done, or where no two of an arm differ in both seeds."""
    arms: Scored = {}
    found = []
    for path in list_runs(folder):
        facts = read_run(path)
        if facts["status"] != "done" or "training" not in facts:  # a pretrained model is no run of ours
            continue
        asked = facts.get("evaluations", {}).get(METRIC)
        bits = read_bits(path, asked)
        if bits is not None:
            arm = arms.setdefault(f"{arm_of(read_config(path))} {asked}", {})
            arm.setdefault(seeds_of(facts), []).append(bits)
            found.append(facts)
    noise = measure_noise(average(arms)) if len(found) >= LEAST else None
    if noise is None or noise.difference is None:
        return None
    return Floor(noise.difference, noise.mean, f"{len(found)} runs of {folder}: {describe(found)}", noise)


def read_bits(folder: Path, evaluation_id: str | None) -> float | None:
    """Bits per byte by this evaluation; None where it was not asked or has no finite answer."""
    row = read_latest(folder, evaluation_id)
    return row["value"] if row and row["value"] is not None and isfinite(row["value"]) else None


def average(arms: Scored) -> list[dict[tuple[int, int], float]]:
    """Each arm's bits per byte by its seeds; of runs that share both, as children of several parents may, the mean."""
    return [{seeds: fmean(bits) for seeds, bits in arm.items()} for arm in arms.values()]


def seeds_of(facts: Row) -> tuple[int, int]:
    return facts["seeds"]["weight"], facts["seeds"]["data"]


def describe(found: list[Row]) -> str:
    """What runs were made with, and of how much text: noise is another for other models and longer training."""
    choices = [facts["choices"][shelf] for shelf in SHELVES for facts in found if shelf in facts["choices"]]
    return ", ".join(dict.fromkeys([*choices, *(f"{facts['tokens']:,} tokens" for facts in found)]))
