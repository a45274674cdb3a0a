"""From an experiment's plan and the words of the command line to the overrides of each run. Knows no Hydra objects.

plan: {grid: {position: [none, rope], seed: [0, 1]}, exclude: [{position: none, seed: 1}]}     kinds: see plan_kinds

Kinds multiply: all combinations of the grid's axes, then zip, then points or one_at_a_time, then final, then keys that were
only typed as a sweep; whatever their order in the yaml, the last of these is fastest. Then `exclude`; of equal runs the first is
kept.
"""

from collections.abc import Callable, Hashable
from functools import cache
from itertools import product
from typing import Any

from wordorder.errors import InputError
from wordorder.plan_kinds import Axis, Options, Point, bare, read_axes, read_exclude, suggest

Meaning = Callable[[str], Hashable]  # of a word: what its value is, however it was written


def expand(
    plan: dict[str, Any],
    fixed: dict[str, str],
    swept: dict[str, list[str]],
    options: Options,
    read: Callable[[str], Any],
) -> list[list[str]]:
    """The override words of each run.

    `fixed` and `swept` are what was typed, key -> word(s) such as "seed=0"; a typed key replaces what the plan says of it.
    `options(group)` lists a config group's choices, `read(word)` is the value that a word sets. Raises InputError for a plan
    that cannot be read, and for a typed sweep of a key whose values the plan gives together with other keys'.
    """
    meaning = cache(lambda text: comparable(read(text)))
    planned = read_axes(plan, options)
    axes = replace_typed(planned, fixed, swept)
    kept = {key: text for key, text in fixed.items() if not any(bare(key) in axis.keys for axis in axes)}
    runs = distinct([kept | point for point in combine(axes)], meaning)
    if "exclude" in plan:
        runs = leave_out(runs, combine(planned), read_exclude(plan["exclude"], options), meaning)
    return [list(run.values()) for run in runs]


def replace_typed(axes: list[Axis], fixed: dict[str, str], swept: dict[str, list[str]]) -> list[Axis]:
    """The axes with what was typed in place of what the plan says of a key.

    A fixed value is set in every point of the axis that holds its key. A sweep takes the place of a grid's axis, or is one
    more; it is refused where the plan ties the key to others: crossing it with the axis would break the ties, and pairing
    it off would need as many values as there are points, in an order that nobody sees at the command line.
    """
    axes = list(axes)
    for key, texts in swept.items():
        typed = Axis("", [{bare(key): text} for text in texts])
        at = next((at for at, axis in enumerate(axes) if bare(key) in axis.keys), len(axes))
        if at < len(axes) and axes[at].kind not in ("plan.grid", "plan.final", ""):
            values = ",".join(text.removeprefix(f"{key}=") for text in texts)
            kind = axes[at].kind
            raise InputError(
                f"{key}={values} is a sweep, but {kind} holds {key}, and its points belong together: type one value, which "
                f"every point then has; or change {kind} in the experiment's yaml; or drop it, '~{kind}', and sweep freely"
            )
        axes[at : at + 1] = [typed]
    for key, text in fixed.items():
        axes = [
            Axis(axis.kind, [point | {bare(key): text} for point in axis.points]) if bare(key) in axis.keys else axis
            for axis in axes
        ]
    return axes


def combine(axes: list[Axis]) -> list[Point]:
    """Every choice of one point from each axis, the last axis fastest."""
    return [
        {key: text for point in chosen for key, text in point.items()}
        for chosen in product(*(axis.points for axis in axes))
    ]


def distinct(runs: list[Point], meaning: Meaning) -> list[Point]:
    """The first of each set of equal runs."""
    first: dict[Hashable, Point] = {}
    for run in runs:
        first.setdefault(frozenset(values_of(run, meaning).items()), run)
    return list(first.values())


def leave_out(
    runs: list[Point], planned: list[Point], entries: list[dict[str, list[str]]], meaning: Meaning
) -> list[Point]:
    """The runs that hold no entry whole.

    `planned` are those without what was typed: an entry that leaves out one of them is no typing error, even if the typed
    words left it nothing to do. Raises InputError for one that leaves out none of either, and if no run is left.
    """

    def holds(run: Point, entry: dict[str, list[str]]) -> bool:
        values = values_of(run, meaning)
        return all(key in values and values[key] in map(meaning, texts) for key, texts in entry.items())

    for number, entry in enumerate(entries):
        if not any(holds(run, entry) for run in [*planned, *runs]):
            raise InputError(explain(f"plan.exclude[{number}]", entry, [*planned, *runs], holds))
    left = [run for run in runs if not any(holds(run, entry) for entry in entries)]
    if not left:
        raise InputError(f"plan.exclude leaves out every run, {len(runs)} of {len(runs)}: take an entry out of it")
    return left


def explain(
    at: str, entry: dict[str, list[str]], runs: list[Point], holds: Callable[[Point, dict[str, list[str]]], bool]
) -> str:
    """Why an entry excludes nothing: its first key or value that no run has; else no run has them all."""
    keys = list(dict.fromkeys(key for run in runs for key in run))
    for key, texts in entry.items():
        asked, there = text_of(texts), dict.fromkeys(run[key] for run in runs if key in run)
        if not there:
            return f"{at}.{key}={asked} excludes nothing: no run has this key; {suggest(key, keys)}"
        if not any(holds(run, {key: texts}) for run in runs):
            known = [text.partition("=")[2] for text in there]
            hint = "; one list is written [[...]]" if any(value.startswith("[") for value in known) else ""
            return f"{at}.{key}={asked} excludes nothing: no run has this value; {suggest(asked, known)}{hint}"
    pairs = ", ".join(f"{key}: {text_of(texts)}" for key, texts in entry.items())
    return f"{at}={{{pairs}}} excludes nothing: each is in the plan, but no run holds them together; take it out"


def text_of(texts: list[str]) -> str:
    values = [text.partition("=")[2] for text in texts]
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def values_of(run: Point, meaning: Meaning) -> dict[str, Hashable]:
    return {bare(key): meaning(text) for key, text in run.items()}


def comparable(value: Any) -> Hashable:
    """A value such that 1 and 1.0 are equal, as they are one run, and 1 and true are not."""
    if isinstance(value, list):
        return tuple(map(comparable, value))
    return (isinstance(value, bool), value) if isinstance(value, str | int | float | None) else repr(value)
