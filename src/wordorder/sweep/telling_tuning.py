"""What is printed of a plan's tuning: each arm's means over the values, what was chosen, and what qualifies the choice."""

from math import isfinite

from rich.console import Console
from rich.table import Table

from wordorder.sweep.telling import say
from wordorder.sweep.tuning import Settled, Tuned


def tell_tuning(console: Console, settled: Settled) -> None:
    """The table of values, once every one has an answer; before that, how many runs wait for it."""
    tuned = settled.tuned
    if tuned.lacking:
        n_final = len(tuned.stages.final) * len({one.trial.arm for one in tuned.tried})
        say(
            console,
            f"{n_final} final runs follow when tuning is done; {len(tuned.lacking)} tuning runs have no answer yet",
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(tuned.stages.key, overflow="fold")
    for level in tuned.levels:
        table.add_column(level.text, justify="right", overflow="fold")
    for arm, means in tuned.means.items():
        best = None if arm in tuned.hopeless else tuned.chosen[arm]
        cells = (cell(mean) + ("*" if level == best else " ") for level, mean in zip(tuned.levels, means, strict=True))
        table.add_row(arm.label, *cells)
    seeds = ", ".join(seed.text for seed in tuned.stages.seeds)
    say(console, f"tuning: bits per byte of the validation split by {tuned.stages.key}, seed {seeds}; * is chosen")
    console.print(table)
    say(console, *qualify(tuned))


def cell(mean: float) -> str:
    return f"{mean:.3f}" if isfinite(mean) else "diverged"


def qualify(tuned: Tuned) -> list[str]:
    """A line for values that were added, for arms that no value trains, and for those whose best is at an edge."""
    key, lines = tuned.stages.key, []
    if tuned.added:
        texts = ", ".join(level.text for level in tuned.added)
        lines.append(f"added to the values of all arms, because of an optimum at the edge of the grid: {texts}")
    if tuned.hopeless:
        arms = ", ".join(arm.label for arm in tuned.hopeless)
        lines.append(f"diverged with every value, so nothing is chosen: {arms}; list others in plan.tune.{key}")
    for end, level in (("smallest", tuned.levels[0]), ("largest", tuned.levels[-1])):
        if arms := [arm.label for arm, at in tuned.edges.items() if at == end and arm not in tuned.hopeless]:
            lines.append(
                f"OPTIMUM AT THE EDGE OF THE GRID: {key}={level.text}, the {end} that was tried, is best for "
                f"{', '.join(arms)}; a better one may lie beyond: list further values in plan.tune.{key}, or raise "
                f"plan.tune.extend"
            )
    return lines
