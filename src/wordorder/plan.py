"""From an experiment's plan and the words of the command line to the overrides of each run. Knows no Hydra objects.

plan: {grid: {position: [none, rope], seed: [0, 1]}}     all combinations, the last axis fastest; `all`: every choice
"""

from collections.abc import Callable
from itertools import product
from typing import Any

from wordorder.errors import InputError


def expand(
    plan: dict[str, Any], fixed: dict[str, str], swept: dict[str, list[str]], options: Callable[[str], list[str]]
) -> list[list[str]]:
    """The override words of each run.

    `fixed` and `swept` are what was typed, key -> word(s) such as "seed=0"; a typed key replaces the plan's axis of that
    name. `options(group)` lists a config group's choices. Raises InputError for a plan that cannot be read.
    """
    if unknown := sorted(set(plan) - {"grid"}):
        raise InputError(f"plan.{unknown[0]} is not known: a plan has a grid, as in plan: {{grid: {{seed: [0, 1]}}}}")
    axes: dict[str, list[str]] = {}
    for key, values in plan.get("grid", {}).items():
        values = options(key) if values == "all" else values
        if not isinstance(values, list) or not values:
            raise InputError(f"plan.grid.{key}={values!r} must be a list of values, or all")
        axes[key] = [f"{key}={word(value)}" for value in values]
    for key, words in swept.items():
        axes[key] = words
    kept = [text for key, text in fixed.items() if key not in axes]
    axes |= {key: [fixed[key]] for key in axes if key in fixed}
    return [[*kept, *point] for point in product(*axes.values())]


def word(value: Any) -> str:
    """A yaml value as it is typed on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(word(part) for part in value) + "]"
    return "null" if value is None else str(value)
