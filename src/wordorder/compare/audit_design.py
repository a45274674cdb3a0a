"""Faults of a comparison's design: factors that move together, cells that nobody ran, optima that no grid encloses."""

import json
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import pandas as pd

from wordorder.compare.arms import Arm, is_seed
from wordorder.compare.labels import NOT_COMPARED, find_differences, is_copy, shorten
from wordorder.compare.quantities import SEEDS, choose_split, read_values, select_scores
from wordorder.record.read import SHELVES

if TYPE_CHECKING:
    from wordorder.compare.audit import Evidence


TUNABLE = ("optimizer", "schedule")  # sections whose numbers have a best value; more budget or size is always better


def levels_of(evidence: "Evidence") -> dict[str, list[str]]:
    """Factor -> its level in each arm: a factor is a section of the config, such as position, in which arms differ.

    Keys that follow the model's size are no factors of their own, and what was tuned for each arm is part of that arm.
    """
    configs = [arm.config for arm in evidence.arms]
    tuned = evidence.tuning.get("key")
    keys = [key for key in find_differences(configs) if not is_copy(key, configs) and key != tuned and trains(key)]
    factors: dict[str, list[str]] = {}
    for key in keys:
        factors.setdefault("seed" if key in SEEDS or is_seed(key) else key.split(".")[0], []).append(key)
    order = sorted(factors, key=lambda factor: (*SHELVES, factor).index(factor))
    return {
        factor: [json.dumps([[key, config.get(key)] for key in factors[factor]], default=str) for config in configs]
        for factor in order
    }


def trains(key: str) -> bool:
    """Does the key say what was trained, and not only where or how often it was looked at?"""
    return key in SEEDS or key.split(".")[0] not in NOT_COMPARED


def count_missing(factors: dict[str, list[str]]) -> tuple[int, int]:
    """How many combinations of the factors' levels no arm has, and how many combinations there are."""
    cells = prod(len(set(levels)) for levels in factors.values())
    return cells - len(set(zip(*factors.values(), strict=True))), cells


def find_crossed_factors(evidence: "Evidence") -> Iterator[str]:
    """An arm to which no steps of one factor each lead from the first, so that nothing tells its factors apart."""
    arms, factors = evidence.arms, levels_of(evidence)
    if not arms:
        return
    cells = list(zip(*factors.values(), strict=True)) or [()] * len(arms)
    reached, waiting = {0}, [0]
    while waiting:
        one = cells[waiting.pop()]
        near = {n for n, cell in enumerate(cells) if sum(a != b for a, b in zip(cell, one, strict=True)) <= 1} - reached
        reached |= near
        waiting += near
    for number in sorted(set(range(len(arms))) - reached):
        arm = arms[number]
        differs = [factor for factor, levels in factors.items() if levels[number] != levels[0]]
        keys = [key for key in find_differences([arms[0].config, arm.config]) if trains(key)]
        said = ", ".join(tell(key, arms[0].config, arm.config) for key in keys if not key.endswith("_target_"))
        yield (
            f"{arm.label} differs from {arms[0].label} in {' and '.join(differs)} at once"
            f"{f' ({said})' if said else ''}: which of them made the difference cannot be told."
        )


def tell(key: str, first: dict[str, Any], other: dict[str, Any]) -> str:
    values = [shorten(config[key]) if key in config else "–" for config in (first, other)]
    return f"{key} {values[0]} → {values[1]}"


def find_missing_cells(evidence: "Evidence") -> Iterator[str]:
    """Combinations of levels that nobody ran, where each factor is told apart otherwise."""
    factors = levels_of(evidence)
    missing, cells = count_missing(factors)
    if len(factors) > 1 and missing and not list(find_crossed_factors(evidence)):
        yield f"{missing} of {cells} combinations of {' and '.join(factors)} have no run."


def find_missing_seeds(evidence: "Evidence") -> Iterator[str]:
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


def find_edges(evidence: "Evidence") -> Iterator[str]:
    """Numbers of which an arm's best is the smallest or largest that was tried: a better one may lie beyond."""
    for one in evidence.tuning.get("arms", []):
        if one["edge"]:
            key, chosen = evidence.tuning["key"], shorten(one["chosen"])
            yield f"{one['arm']}: the best {key} ({chosen}) is the {one['edge']} of the values that tuning tried."
    means = mean_of(evidence)
    for key, line in grids(evidence.arms):
        known = [(arm.config[key], means[arm.label], arm) for arm in line if arm.label in means]
        if len(known) < 3:
            continue
        best, _, arm = min(known, key=lambda one: one[1])
        values = [value for value, _, _ in known]
        if best in (min(values), max(values)):
            which = "smallest" if best == min(values) else "largest"
            yield f"{arm.label}: the best {key} ({shorten(best)}) is the {which} of {len(values)} values that were tried."


def mean_of(evidence: "Evidence") -> pd.Series:
    """Bits per byte of each arm that has finished runs, by label."""
    rows = evidence.scores[evidence.scores["run"].isin(evidence.done["run"])]
    split = choose_split(rows, "bits_per_byte")
    whole = select_scores(rows, evaluation="bits_per_byte", metric="bits_per_byte", split=split)
    means = {arm.label: pd.to_numeric(read_values(whole, arm)[0]).mean() for arm in evidence.arms}
    return pd.Series(means, dtype=float).dropna()


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
