"""Runs that differ in their seeds alone form an arm; its label says what sets it apart from the other arms."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from wordorder.compare.labels import NOT_COMPARED, label_arms
from wordorder.record.folders import read_config, read_run
from wordorder.record.lineage import name_parent
from wordorder.record.seeds import is_seed


@dataclass(frozen=True)
class Arm:
    """One setting under comparison."""

    label: str
    position: str  # the scheme: figures give it its colour
    runs: tuple[str, ...]  # whatever became of them
    config: dict[str, Any]  # dotted key -> value, without seeds, places and evaluations


def make_arms(folders: list[Path], *, tuned: str = "") -> list[Arm]:
    """The arms of these run folders by label, numbers in labels counting as numbers.

    A run without a config, or whose choices no run of its arm recorded, is in none. tuned: the key of which each arm has the value
    that suits it, which labels do not name unless two arms differ in it alone.
    """
    groups: dict[str, list[tuple[str, dict[str, Any], dict[str, str]]]] = {}
    for folder in folders:
        config = flatten_config(read_config(folder), run=folder.name)
        run = (folder.name, config, read_run(folder).get("choices") or {})
        groups.setdefault(_write(config), []).append(run)
    known = [(group, choices) for group in groups.values() if (choices := next((c for *_, c in group if c), None))]
    configs, choices = [group[0][1] for group, _ in known], [choices for _, choices in known]
    labels = label_arms([{key: value for key, value in one.items() if key != tuned} for one in configs], choices)
    if len(set(labels)) < len(labels):
        labels = label_arms(configs, choices)
    arms = [
        Arm(label, str(choice.get("position", "")), tuple(name for name, *_ in group), group[0][1])
        for label, (group, choice) in zip(labels, known, strict=True)
    ]
    return sorted(arms, key=lambda arm: split_numbers(arm.label))


def flatten_config(
    config: dict[str, Any], run: str = "", *, without: frozenset[str] = NOT_COMPARED, seeds: bool = False
) -> dict[str, Any]:
    """Dotted keys of what was trained; a value that names the run's own folder is a place and falls out.

    `without` names the sections that are left out; seeds: are they kept, where their sections are? The run that weights were
    taken from stands as its arm, whatever its seeds.
    """
    return {
        key: _make_whole(_name_parent(value) if key == "initialize_from" else value)
        for key, value in _walk(config, "")
        if key.split(".")[0] not in without
        and (seeds or not is_seed(key))
        and not (run and isinstance(value, str) and run in value)
    }


def _name_parent(folder: str) -> str:
    own = Path(folder).name
    return name_parent(folder, lambda config: sha256(_write(flatten_config(config, run=own)).encode()).hexdigest())


def _write(config: dict[str, Any]) -> str:
    return json.dumps(config, sort_keys=True, default=str)


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


def split_numbers(label: str) -> list[tuple[int, float, str]]:
    """A sorting key under which lr=0.0005 comes before lr=0.002 and 2 before 10."""
    pieces = re.split(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)", label)
    return [(0, float(p), "") if number % 2 else (1, 0.0, p) for number, p in enumerate(pieces) if p]
