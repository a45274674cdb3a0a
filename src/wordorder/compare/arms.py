"""Runs that differ in their seeds alone form an arm; its label says what sets it apart from the other arms."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wordorder.record.read import SHELVES, read_config, read_run

# Top-level parts of a config that say where, when and how often, and not what was trained. What is not listed is
# compared: an unforeseen key shows up in labels, it never lets different trainings pass for seeds of one arm.
NOT_COMPARED = frozenset(
    "weight_seed data_seed seed seeds output output_dir output_folder run run_dir run_name name experiment group logger"
    " evaluation evaluations compare plan question figures claims launcher sweeper rerun resume debug hydra allow paths"
    " record workers device devices tuning".split()
)
SEEDS = frozenset({"weight_seed", "data_seed"})


@dataclass(frozen=True)
class Arm:
    """One setting under comparison."""

    label: str
    position: str  # the scheme: figures give it its colour
    runs: tuple[str, ...]  # whatever became of them
    config: dict[str, Any]  # dotted key -> value, without seeds, places and evaluations
    words: tuple[str, ...] = ()  # what is typed to have it, such as position=rope


def make_arms(folders: list[Path]) -> list[Arm]:
    """The arms of these run folders by label, numbers in labels counting as numbers.

    A run without a config, or whose choices no run of its arm recorded, is in none.
    """
    groups: dict[str, list[tuple[str, dict[str, Any], dict[str, str]]]] = {}
    for folder in folders:
        config = flatten_config(read_config(folder), run=folder.name)
        run = (folder.name, config, read_run(folder).get("choices") or {})
        groups.setdefault(json.dumps(config, sort_keys=True, default=str), []).append(run)
    known = [(group, choices) for group in groups.values() if (choices := next((c for *_, c in group if c), None))]
    configs, choices = [group[0][1] for group, _ in known], [choices for _, choices in known]
    arms = [
        Arm(label, str(choice.get("position", "")), tuple(name for name, *_ in group), group[0][1], words)
        for label, words, (group, choice) in zip(
            label_arms(configs, choices), word_arms(configs, choices), known, strict=True
        )
    ]
    return sorted(arms, key=lambda arm: split_numbers(arm.label))


def flatten_config(
    config: dict[str, Any], run: str = "", *, without: frozenset[str] = NOT_COMPARED | SEEDS
) -> dict[str, Any]:
    """Dotted keys of what was trained; a value that names the run's own folder is a place and falls out.

    `without` names the sections, and the keys of any section, that are left out.
    """
    return {
        key: _make_whole(value)
        for key, value in _walk(config, "")
        if key.split(".")[0] not in without
        and key.split(".")[-1] not in without & SEEDS
        and not (run and isinstance(value, str) and run in value)
    }


def find_differences(configs: list[dict[str, Any]]) -> list[str]:
    """The keys on which these configs differ; one that only some of them have is such a key."""
    keys = dict.fromkeys(key for config in configs for key in config)
    return [key for key in keys if len({_freeze(config, key) for config in configs}) > 1]


def label_arms(configs: list[dict[str, Any]], choices: list[dict[str, str]]) -> list[str]:
    """A label per arm: the choices that differ, then the keys that these choices do not explain."""
    labels = []
    for choice, parts in zip(choices, tell_apart(configs, choices), strict=True):
        said = [
            str(value) if name in choice else f"{name.removeprefix('position.')}={shorten(value)}"
            for name, value in parts
        ]
        labels.append(", ".join(said) or str(choice.get("position", "the only arm")))
    return labels


def word_arms(configs: list[dict[str, Any]], choices: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """What is typed for each arm in place of what the others have, such as position=rope."""
    return [
        tuple(f"{name}={shorten(value)}" for name, value in parts if not name.endswith("_target_"))
        for parts in tell_apart(configs, choices)
    ]


def tell_apart(configs: list[dict[str, Any]], choices: list[dict[str, str]]) -> list[list[tuple[str, Any]]]:
    """Of each arm the groups and the keys that set it apart, with their values.

    What lies inside a chosen section counts only among arms of the same choice: rope's theta, and the file of its frequencies,
    are no difference to none.
    """
    sections = [*SHELVES, *sorted({name for choice in choices for name in choice} - {*SHELVES})]
    made = {name: {choice[name] for choice in choices if name in choice} for name in sections}
    chosen = [name for name in sections if len(made[name]) > 1 and _is_compared(name)]
    keys = [key for key in find_differences(configs) if not is_copy(key, configs)]
    told = []
    for config, choice in zip(configs, choices, strict=True):

        def like(place: str, choice: dict[str, str] = choice) -> list[int]:
            """The arms whose choices around this place of the config are those of this arm."""
            around = [name for name in sections if place.startswith(f"{_place(name)}.")]
            return [n for n, other in enumerate(choices) if all(other.get(one) == choice.get(one) for one in around)]

        groups = [
            (name, choice[name])
            for name in chosen
            if name in choice and len({choices[n].get(name) for n in like(_place(name))}) > 1
        ]
        own = [
            (key, config[key])
            for key in keys
            if key in config and key in find_differences([configs[n] for n in like(key)])
        ]
        told.append([*groups, *own])
    return told


def _place(choice: str) -> str:
    """Where in the config the file of a group stands: position/frequencies, or position@position.scheme."""
    return choice.partition("@")[2] or choice.replace("/", ".")


def _is_compared(choice: str) -> bool:
    return re.split(r"[./]", choice)[0] not in NOT_COMPARED


def is_copy(key: str, configs: list[dict[str, Any]]) -> bool:
    """A shelf's key that follows one of the model's wherever it occurs: position.head_dim is ${model.head_dim}."""
    having = [config for config in configs if key in config]
    return key.split(".")[0] != "model" and any(
        all(_freeze(config, other) == _freeze(config, key) for config in having)
        for other in find_differences(having)
        if key.split(".")[0] in SHELVES and other.startswith("model.")
    )


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _make_whole(value: Any) -> Any:
    """700000.0 as 700000, which is no other setting, also inside a list."""
    if isinstance(value, list):
        return [_make_whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _freeze(config: dict[str, Any], key: str) -> str | None:
    return json.dumps(config[key], sort_keys=True, default=str) if key in config else None


def shorten(value: Any) -> str:
    """A config's value as people write it: numbers without a bare .0, classes by their own name."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and value.startswith("wordorder."):
        return value.rsplit(".", 1)[-1]
    return json.dumps(value, default=str).strip('"')


def split_numbers(label: str) -> list[tuple[int, float, str]]:
    """A sorting key under which lr=0.0005 comes before lr=0.002 and 2 before 10."""
    pieces = re.split(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)", label)
    return [(0, float(p), "") if number % 2 else (1, 0.0, p) for number, p in enumerate(pieces) if p]
