"""Faults of a comparison's design: factors that move together, cells that nobody ran, optima that no grid encloses."""

import json
from collections.abc import Iterator
from math import prod
from typing import Any

from wordorder.compare.arms import Arm
from wordorder.compare.evidence import Evidence
from wordorder.compare.factors import inner_levels_of, levels_of, trains
from wordorder.compare.labels import find_differences, shorten
from wordorder.compare.quantities import average_common, average_seeds, read_values, select_whole
from wordorder.record.seeds import SEEDS

TUNABLE = ("optimizer", "schedule")  # sections whose numbers have a best value; more budget or size is always better


def count_missing(factors: dict[str, list[str]]) -> tuple[int, int]:
    """How many combinations of the factors' levels no arm has, and how many combinations there are."""
    cells = prod(len(set(levels)) for levels in factors.values())
    return cells - len(set(zip(*factors.values(), strict=True))), cells


def find_crossed_factors(evidence: Evidence) -> Iterator[str]:
    """An arm to which no steps of one factor each lead from the first, so that nothing tells its factors apart; the same among
    arms of one choice, of the keys inside of it."""
    for arms, factors in [(evidence.arms, levels_of(evidence)), *inner_levels_of(evidence)]:
        for number in find_unreached(list(zip(*factors.values(), strict=True))):
            arm = arms[number]
            differs = [factor for factor, levels in factors.items() if levels[number] != levels[0]]
            keys = [key for key in find_differences([arms[0].config, arm.config]) if trains(key)]
            said = ", ".join(tell(key, arms[0].config, arm.config) for key in keys if not key.endswith("_target_"))
            yield (
                f"{arm.label} differs from {arms[0].label} in {' and '.join(differs)} at once"
                f"{f' ({said})' if said else ''}: which of them made the difference cannot be told."
            )


def find_unreached(cells: list[tuple[str, ...]]) -> list[int]:
    """The arms to which no steps of one level each lead from the first; cells: the levels of each arm."""
    reached, waiting = {0}, [0] * bool(cells)
    while waiting:
        one = cells[waiting.pop()]
        near = {n for n, cell in enumerate(cells) if sum(a != b for a, b in zip(cell, one, strict=True)) <= 1} - reached
        reached |= near
        waiting += near
    return sorted(set(range(len(cells))) - reached)


def tell(key: str, first: dict[str, Any], other: dict[str, Any]) -> str:
    values = [shorten(config[key]) if key in config else "–" for config in (first, other)]
    return f"{key} {values[0]} → {values[1]}"


def find_missing_cells(evidence: Evidence) -> Iterator[str]:
    """Combinations of levels that nobody ran, where each factor is told apart otherwise."""
    factors = levels_of(evidence)
    missing, cells = count_missing(factors)
    if len(factors) > 1 and missing and not list(find_crossed_factors(evidence)):
        yield f"{missing} of {cells} combinations of {' and '.join(factors)} have no run."


def find_missing_seeds(evidence: Evidence) -> Iterator[str]:
    """Arms without a finished run of a pair of seeds that others have."""
    done = evidence.done
    if evidence.single:
        if len(done[SEEDS].drop_duplicates()) > 1:
            yield "The runs have different seeds: chance is part of what differs."
        return
    everywhere = set(done[SEEDS].itertuples(index=False, name=None))
    for arm in evidence.arms:
        seeds = set(done.loc[done["run"].isin(arm.runs), SEEDS].itertuples(index=False, name=None))
        if lacking := sorted(everywhere - seeds):
            names = ", ".join(str(w) if w == d else f"{w} (weights) with {d} (data)" for w, d in lacking)
            yield f"{arm.label} has no finished run of seed {names}."


def find_edges(evidence: Evidence) -> Iterator[str]:
    """Numbers of which an arm's best is the smallest or largest that was tried: a better one may lie beyond."""
    for one in evidence.tuning.get("arms", []):
        if one["edge"]:
            key, chosen = evidence.tuning["key"], shorten(one["chosen"])
            yield f"{one['arm']}: the best {key} ({chosen}) is the {one['edge']} of the values that tuning tried."
    whole = select_whole(evidence.scores[evidence.scores["run"].isin(evidence.done["run"])])
    for key, line in grids(evidence.arms):
        means = average_common({arm.label: average_seeds(read_values(whole, arm)[0]) for arm in line})
        values = {arm.label: arm.config[key] for arm in line if arm.label in means}
        if len(values) < 3:
            continue
        label = min(values, key=means.__getitem__)
        if (best := values[label]) in (min(values.values()), max(values.values())):
            which = "smallest" if best == min(values.values()) else "largest"
            yield f"{label}: the best {key} ({shorten(best)}) is the {which} of {len(values)} values that were tried."


def grids(arms: list[Arm]) -> Iterator[tuple[str, list[Arm]]]:
    """Each key with several numbers, and arms that differ in nothing else."""
    for key in find_differences([arm.config for arm in arms]):
        if key.split(".")[0] not in TUNABLE:
            continue
        lines: dict[str, list[Arm]] = {}
        for arm in arms:
            if isinstance(arm.config.get(key), int | float) and not isinstance(arm.config.get(key), bool):
                rest = {name: value for name, value in arm.config.items() if name != key}
                lines.setdefault(json.dumps(rest, sort_keys=True, default=str), []).append(arm)
        for line in lines.values():
            yield key, line
