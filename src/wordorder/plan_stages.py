"""A plan of two stages: `tune` chooses one key's value for each arm, `final` are the runs that count. Knows no Hydra objects.

grid: {position: [none, rope]}         the arms, by any of the other kinds, without seeds
tune: {optimizer.lr: [0.001, 0.002, 0.004, 0.008], seed: [100], extend: 2}
final: {seed: [0, 1, 2]}               of each arm at the value that was chosen for it; alone, an axis like those of the grid

Every arm is tried with every value and every tuning seed, so that all have the same chances (Dodge et al. 2019, 1909.03004).
Where an arm does best at the smallest or largest value, the next one of the geometric series is tried with all arms, up to
`extend` times at either end (2 where it is not said). Final seeds are not those of the choice, whose luck is part of it.
"""

import sys
from collections.abc import Callable
from typing import Any

from wordorder.errors import InputError
from wordorder.plan import comparable, expand, replace_typed
from wordorder.plan_kinds import SEED, Options, bare, mapping, read_axes, words
from wordorder.sweep.stages import Arm, Level, Stages, are_fractions, are_numbers

EXTEND = "extend"
DEFAULT_EXTEND = 2


def expand_stages(
    plan: dict[str, Any],
    fixed: dict[str, str],
    swept: dict[str, list[str]],
    options: Options,
    read: Callable[[str], Any],
    *,
    name: str,
) -> Stages | None:
    """The stages of the experiment `name`; None where nothing is tuned: without `tune`, or where its key is typed.

    The other arguments are those of plan.expand. A typed sweep of the tuned key takes the place of its values, a typed seed
    or sweep of seeds that of the final ones. Raises InputError for what cannot be read.
    """
    if "tune" not in plan:
        return None
    tune = mapping("plan.tune", plan["tune"])
    key = tuned_key(tune)
    if "final" not in plan:
        raise InputError(
            "plan.final is missing: plan.tune chooses for the runs that follow, as in final: {seed: [0, 1]}"
        )
    if bare(key) in map(bare, fixed):
        return None
    rest = {kind: value for kind, value in plan.items() if kind not in ("tune", "final")}
    refuse_keys(rest, swept, options, key)
    given = next((texts for one, texts in swept.items() if bare(one) == bare(key)), None)
    levels = make_levels(given or words("plan.tune", key, tune[key], options), read)
    if len(levels) < 2:
        raise InputError(f"plan.tune.{key}={levels[0].text} leaves nothing to choose: list at least two values")
    common = set(fixed.values())
    arms = expand(rest, without(fixed, SEED), without(swept, SEED, key), options, read)
    stages = Stages(
        name=name,
        key=bare(key),
        levels=levels,
        seeds=make_seeds("plan.tune", words("plan.tune", SEED, tune[SEED], options), read),
        extend=read_extend(tune, key, levels),
        arms=tuple(Arm(" ".join(one for one in arm if one not in common) or "all", tuple(arm)) for arm in arms),
        final=make_seeds("plan.final", final_words(plan, fixed, swept, options), read),
    )
    refuse_shared_seeds(stages)
    return stages


def skip_tuning(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan without `tune`, whose key was typed; it is said that nothing is tuned."""
    if "tune" in plan:
        print(f"{tuned_key(plan['tune'])} is typed, so plan.tune does not choose it", file=sys.stderr)
    return {kind: value for kind, value in plan.items() if kind != "tune"}


def tuned_key(tune: dict[str, Any]) -> str:
    """The one key whose values are tried."""
    keys = [key for key in tune if key not in (SEED, EXTEND)]
    if len(keys) != 1:
        raise InputError(
            f"plan.tune={tune!r} must have one key to choose a value of, beside {SEED} and {EXTEND}, not {len(keys)}: "
            f"{{optimizer.lr: [0.001, 0.002, 0.004], {SEED}: [100]}}"
        )
    if SEED not in tune:
        raise InputError(
            f"plan.tune.{SEED} is missing: the seeds of the tuning runs, which no final run has, as in [100]"
        )
    return keys[0]


def refuse_keys(rest: dict[str, Any], swept: dict[str, list[str]], options: Options, key: str) -> None:
    """InputError for an arm that would hold what the stages set."""
    held = {one: axis.kind for axis in read_axes(rest, options) for one in axis.keys}
    held |= {bare(one): "a typed sweep" for one in swept if bare(one) not in (SEED, bare(key))}
    for one, kind in held.items():
        if one.split("_")[-1] == SEED:
            raise InputError(
                f"{one} is in {kind}, beside plan.tune: seeds are listed in plan.tune.seed and plan.final.seed"
            )
        if one == bare(key):
            raise InputError(f"plan.tune.{key} is in {kind} too: a key has one place in a plan; keep one")
        if one == "name":
            raise InputError(f"name is in {kind}, beside plan.tune, whose runs lie in one folder: type one name")


def final_words(
    plan: dict[str, Any], fixed: dict[str, str], swept: dict[str, list[str]], options: Options
) -> list[str]:
    """The words of the final seeds, typed ones in place of the plan's."""
    typed = [{key: one for key, one in given.items() if bare(key) == SEED} for given in (fixed, swept)]
    (axis,) = replace_typed(read_axes({"final": plan["final"]}, options), *typed)
    return [one for point in axis.points for one in point.values()]


def make_seeds(at: str, texts: list[str], read: Callable[[str], Any]) -> tuple[Level, ...]:
    """Seeds, each once. Raises InputError for what is none."""
    seeds = distinct([Level(text, read(text)) for text in texts])
    for seed in seeds:
        if isinstance(seed.value, bool) or not isinstance(seed.value, int) or not 0 <= seed.value < 2**63:
            raise InputError(f"{at}.{SEED}={seed.text} must be a whole number that is not negative")
    return seeds


def make_levels(texts: list[str], read: Callable[[str], Any]) -> tuple[Level, ...]:
    """The values, each once; from small to large if they are numbers."""
    levels = distinct([Level(text, read(text)) for text in texts])
    return tuple(sorted(levels, key=lambda level: level.value)) if are_numbers(levels) else levels


def distinct(levels: list[Level]) -> tuple[Level, ...]:
    """The first of each set of equal values."""
    first: dict[Any, Level] = {}
    for level in levels:
        first.setdefault(comparable(level.value), level)
    return tuple(first.values())


def read_extend(tune: dict[str, Any], key: str, levels: tuple[Level, ...]) -> int:
    """How many values may be added at either end."""
    extend = tune.get(EXTEND, DEFAULT_EXTEND if are_fractions(levels) else 0)
    if isinstance(extend, bool) or not isinstance(extend, int) or extend < 0:
        raise InputError(f"plan.tune.{EXTEND}={extend!r} must be a whole number that is not negative; 0 adds no value")
    if extend and not are_fractions(levels):
        raise InputError(
            f"plan.tune.{EXTEND}={extend} needs values that a ratio goes on from, and {key}="
            f"{','.join(level.text for level in levels)} are no numbers with a fraction: {EXTEND}: 0, and list enough of them"
        )
    return extend


def refuse_shared_seeds(stages: Stages) -> None:
    """InputError where a final run would have a seed that its value was chosen with."""
    tuning = {seed.value for seed in stages.seeds}
    if shared := [seed.text for seed in stages.final if seed.value in tuning]:
        raise InputError(
            f"plan.final.{SEED}={','.join(shared)} is in plan.tune.{SEED} too: a value does well on the seeds it was chosen "
            f"with, so final runs have others"
        )


def without(typed: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in typed.items() if bare(key) not in map(bare, keys)}
