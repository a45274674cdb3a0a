"""What the kinds of a plan say, read as axes, of which a run takes one point each. Knows no Hydra objects.

grid: {a: [1, 2], b: [3, 4]}           an axis for each key
zip: {a: [1, 2], b: [3, 4]}            one axis whose keys move together: two points
points: [{a: 1, b: 3}, {a: 2}]         one axis, point by point; the second leaves b as the config has it
one_at_a_time:                         one axis: the baseline, then every value of `vary` with all else at the baseline
  {baseline: {a: 1, b: 3}, vary: {a: [2], b: [4, 5]}}
final: {seed: [0, 1]}                  one axis, of seeds; what `tune` says beside it: see plan_stages
exclude: [{a: 1, b: [3, 4]}]           no axis: runs that hold all pairs of an entry, of a list any value, are left out

`all` in place of a key's list of values is every choice of its group. A key is whatever can be typed before `=`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wordorder.errors import InputError, nearest

Point = dict[str, str]  # bare key -> the word that sets it, such as "seed=0"
Options = Callable[[str], list[str]]  # the choices of a config group; none for what is no group
SEED = "seed"


@dataclass(frozen=True)
class Axis:
    """Points of which each run takes one; `kind` is where the plan says so, such as plan.zip, "" for a typed sweep."""

    kind: str
    points: list[Point]

    @property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for point in self.points for key in point))


def read_axes(plan: dict[str, Any], options: Options) -> list[Axis]:
    """The axes of a plan: its grid's in their order, its zip, its points or one_at_a_time, its final. Raises InputError."""
    readers = {"grid": read_grid, "zip": read_zip, "points": read_points, "one_at_a_time": read_one_at_a_time}
    readers["final"] = read_final
    for kind, value in mapping("plan", plan).items():
        if kind not in (*readers, "exclude"):
            raise InputError(f"plan.{kind}={value!r} is not known: {suggest(kind, [*readers, 'tune', 'exclude'])}")
    if "points" in plan and "one_at_a_time" in plan:
        raise InputError("plan.points cannot stand beside plan.one_at_a_time: write the runs of both as points")
    axes = [axis for kind, read in readers.items() if kind in plan for axis in read(plan[kind], options)]
    kinds: dict[str, str] = {}
    for axis in axes:
        for key in axis.keys:
            if key in kinds:
                raise InputError(f"{axis.kind}.{key} is in {kinds[key]} too: a key has one place in a plan; keep one")
            kinds[key] = axis.kind
    return axes


def read_grid(given: Any, options: Options) -> list[Axis]:
    columns = {key: words("plan.grid", key, values, options) for key, values in mapping("plan.grid", given).items()}
    return [Axis("plan.grid", [{bare(key): text} for text in column]) for key, column in columns.items()]


def read_zip(given: Any, options: Options) -> list[Axis]:
    columns = {key: words("plan.zip", key, values, options) for key, values in some("plan.zip", given).items()}
    first, length = next((key, len(column)) for key, column in columns.items())
    for key, column in columns.items():
        if len(column) != length:
            raise InputError(
                f"plan.zip.{key}={given[key]!r} has {len(column)} values, but plan.zip.{first} has {length}: keys that "
                f"move together have equally many; all combinations are a grid"
            )
    keys, rows = [bare(key) for key in columns], zip(*columns.values(), strict=True)
    return [Axis("plan.zip", [dict(zip(keys, row, strict=True)) for row in rows])]


def read_points(given: Any, options: Options) -> list[Axis]:
    if not isinstance(given, list) or not given:
        raise InputError(f"plan.points={given!r} must be a list of points, as in [{{seed: 0}}, {{seed: 1}}]")
    return [Axis("plan.points", [read_point(f"plan.points[{number}]", point) for number, point in enumerate(given)])]


def read_one_at_a_time(given: Any, options: Options) -> list[Axis]:
    at = "plan.one_at_a_time"
    given = mapping(at, given)
    for name in given:
        if name not in ("baseline", "vary"):
            raise InputError(f"{at}.{name}={given[name]!r} is not known: {suggest(name, ['baseline', 'vary'])}")
    for name in ("baseline", "vary"):
        if name not in given:
            raise InputError(f"{at}.{name} is missing: {{baseline: {{seed: 0}}, vary: {{seed: [1, 2]}}}}")
    baseline = read_point(f"{at}.baseline", given["baseline"])
    points = [baseline]
    for key, values in some(f"{at}.vary", given["vary"]).items():
        if bare(key) not in baseline:
            raise InputError(f"{at}.vary.{key}={values!r} has no baseline: add {key} to {at}.baseline")
        points += [baseline | {bare(key): text} for text in words(f"{at}.vary", key, values, options)]
    return [Axis(at, points)]


def read_final(given: Any, options: Options) -> list[Axis]:
    if list(given := mapping("plan.final", given)) != [SEED]:
        raise InputError(f"plan.final={given!r} must list seeds and nothing else, as in {{seed: [0, 1, 2]}}")
    return [Axis("plan.final", [{SEED: text} for text in words("plan.final", SEED, given[SEED], options)])]


def read_exclude(given: Any, options: Options) -> list[dict[str, list[str]]]:
    """For each entry: bare key -> the words of which any will do. Raises InputError."""
    if not isinstance(given, list) or not given:
        raise InputError(f"plan.exclude={given!r} must be a list of combinations, as in [{{position: rope, seed: 0}}]")
    entries = []
    for number, entry in enumerate(given):
        at = f"plan.exclude[{number}]"
        lists = {
            key: value if value == "all" or isinstance(value, list) else [value]
            for key, value in some(at, entry).items()
        }
        entries.append({bare(key): words(at, key, values, options) for key, values in lists.items()})
    return entries


def read_point(at: str, given: Any) -> Point:
    return {bare(key): say(at, key, value) for key, value in some(at, given).items()}


def words(at: str, key: str, values: Any, options: Options) -> list[str]:
    """The words of a key's list of values, or of every choice there is."""
    if values == "all":
        if not (values := options(bare(key).split("@")[0])):
            raise InputError(f"{at}.{key}='all' has no choices: {key} is no folder of conf/; list its values")
    if not isinstance(values, list) or not values:
        raise InputError(f"{at}.{key}={values!r} must be a list of values, or all")
    return [say(at, key, value) for value in values]


def say(at: str, key: str, value: Any) -> str:
    """The word that sets a key to one value."""
    if isinstance(value, dict):
        raise InputError(f"{at}.{key}={value!r} must be a value: an inner key is written {key}.INNER: VALUE")
    if isinstance(value, list) and any(isinstance(part, list | dict) for part in value):
        raise InputError(f"{at}.{key}={value!r} is nested too deep for one value: at most a list of plain ones")
    return f"{key}={word(value)}"


def word(value: Any) -> str:
    """A yaml value as it is typed on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(word(part) for part in value) + "]"
    return "null" if value is None else str(value)


def bare(key: str) -> str:
    """A key without the + or ++ that adds it to the config."""
    return key.lstrip("+")


def mapping(at: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InputError(f"{at}={given!r} must be a mapping of keys, as in {{seed: ...}}")
    return {str(key): value for key, value in given.items()}


def some(at: str, given: Any) -> dict[str, Any]:
    """A mapping that is not empty."""
    if given == {}:
        raise InputError(f"{at}={{}} is empty: name its keys, or take it out")
    return mapping(at, given)


def suggest(name: str, known: Iterable[str]) -> str:
    """Which names there are, the nearest one first."""
    near = nearest(name, known)
    return (f"did you mean {near[0]}? " if near else "") + f"there are {', '.join(known) or 'none'}"
