"""In what the arms of a comparison differ: factors, and the level that each arm has of them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from wordorder.compare.arms import Arm
from wordorder.compare.evidence import Evidence
from wordorder.compare.labels import NOT_COMPARED, find_differences, is_copy
from wordorder.record.folders import SHELVES
from wordorder.record.seeds import SEEDS, is_seed


def choices_of(evidence: Evidence) -> dict[str, list[str]]:
    """Section of the config -> what each arm chose for it, where arms differ in that: names of yaml files, and classes."""
    groups = {column: column.removeprefix("choices_") for column in evidence.runs if column.startswith("choices_")}
    groups |= {shelf: shelf for shelf in SHELVES if shelf in evidence.runs}
    made: dict[str, list[list[str]]] = {}
    for number, arm in enumerate(evidence.arms):
        own = evidence.runs[evidence.runs["run"].isin(arm.runs)]
        named = [
            (section_of(group), name) for column, group in groups.items() for name in own[column].dropna().unique()
        ]
        classes = [(key.split(".")[0], value) for key, value in arm.config.items() if key.endswith("_target_")]
        for section, name in [*named, *classes]:
            made.setdefault(section, [[] for _ in evidence.arms])[number].append(str(name))
    frozen = {section: [json.dumps(names) for names in own] for section, own in made.items()}
    return {section: own for section, own in frozen.items() if len(set(own)) > 1}


def section_of(group: str) -> str:
    """The top-level part of the config that a group of choices fills: position/frequencies, or position@position.scheme."""
    return re.split(r"[./]", group.partition("@")[2] or group)[0]


def keys_of(evidence: Evidence) -> list[str]:
    """The keys by which what was trained differs. What was tuned for each arm is part of that arm, and keys that follow the
    model's size, or another of their section, are no difference of their own."""
    configs, keys = [arm.config for arm in evidence.arms], []
    for key in find_differences(configs):
        if not trains(key) or key == evidence.tuning.get("key") or is_copy(key, configs):
            continue
        if not any(follows(key, other, configs) for other in keys):
            keys.append(key)
    return keys


def follows(key: str, other: str, configs: list[dict[str, Any]]) -> bool:
    """A whole number that is another of its section in every arm, as micro_batch_size is batch_size unless it is set."""
    pairs = [(config.get(key), config.get(other)) for config in configs]
    return key.split(".")[0] == other.split(".")[0] and all(type(one) is int and one == its for one, its in pairs)


def levels_of(evidence: Evidence) -> dict[str, list[str]]:
    """Factor -> its level in each arm.

    All that a choice brings is one factor, the section that it fills, such as position. In a section for which every arm chose the
    same, each key is a factor, such as optimizer.lr.
    """
    chosen, configs = choices_of(evidence), [arm.config for arm in evidence.arms]
    factors: dict[str, list[str]] = {}
    for key in keys_of(evidence):
        section = key.split(".")[0]
        factor = "seed" if key in SEEDS or is_seed(key) else section if section in chosen else key
        factors.setdefault(factor, []).append(key)
    order = sorted(factors, key=lambda factor: (*SHELVES, factor.split(".")[0]).index(factor.split(".")[0]))
    return {
        factor: [json.dumps([[key, config.get(key)] for key in factors[factor]], default=str) for config in configs]
        for factor in order
    }


def inner_levels_of(evidence: Evidence) -> Iterator[tuple[list[Arm], dict[str, list[str]]]]:
    """Arms of one choice among several, such as rope beside none, with the level of each key that is set inside of it."""
    keys = keys_of(evidence)
    for section, made in choices_of(evidence).items():
        inside = [key for key in keys if key.split(".")[0] == section and not is_seed(key)]
        for choice in dict.fromkeys(made):
            arms = [arm for arm, own in zip(evidence.arms, made, strict=True) if own == choice]
            yield arms, {key: [json.dumps(arm.config.get(key), default=str) for arm in arms] for key in inside}


def trains(key: str) -> bool:
    """Does the key say what was trained, and not only where or how often it was looked at?"""
    return key in SEEDS or key.split(".")[0] not in NOT_COMPARED
