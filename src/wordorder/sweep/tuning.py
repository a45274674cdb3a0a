"""How far a plan of two stages is, by the run folders alone: what was tried, what is best for each arm, what follows.

The measure is bits per byte of the whole validation split, mean over the tuning seeds, the lowest the best and of equal ones
the smaller value. A run that diverged, or whose scores did, counts as infinitely bad; any other failure counts as no answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, isfinite
from pathlib import Path
from statistics import fmean

from wordorder.errors import InputError
from wordorder.record.rows import Row, read_rows
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.manifest import obtain
from wordorder.sweep.planned import Planned
from wordorder.sweep.stages import Arm, Level, Stages, Trial
from wordorder.sweep.state import State, look

METRIC = "bits_per_byte"
Make = Callable[[Sequence[Planned]], None]


@dataclass(frozen=True)
class Tried:
    """A tuning run and its bits per byte: inf where it diverged, None where it has no answer yet."""

    trial: Trial
    run: Planned
    state: State
    bits: float | None


@dataclass(frozen=True)
class Tuned:
    """All runs of some levels, and what they say."""

    stages: Stages
    levels: tuple[Level, ...]
    tried: tuple[Tried, ...]

    @property
    def lacking(self) -> list[Tried]:
        """The runs without an answer; while there are any, nothing is chosen."""
        return [one for one in self.tried if one.bits is None]

    @cached_property
    def means(self) -> dict[Arm, list[float]]:
        """Of each arm, level by level."""
        seen: dict[tuple[Arm, Level], list[float]] = {}
        for one in self.tried:
            seen.setdefault((one.trial.arm, one.trial.level), []).append(one.bits)
        arms = dict.fromkeys(one.trial.arm for one in self.tried)
        return {arm: [fmean(seen[arm, level]) for level in self.levels] for arm in arms}

    @property
    def chosen(self) -> dict[Arm, Level]:
        """The best level of each arm."""
        return {arm: self.levels[means.index(min(means))] for arm, means in self.means.items()}

    @property
    def edges(self) -> dict[Arm, str]:
        """The arms whose best is the smallest or the largest value, and which."""
        ends = {self.levels[0]: "smallest", self.levels[-1]: "largest"} if self.stages.ordered else {}
        return {arm: ends[level] for arm, level in self.chosen.items() if level in ends}

    @property
    def added(self) -> list[Level]:
        """The levels that the plan does not list."""
        return [level for level in self.levels if level not in self.stages.levels]

    @property
    def hopeless(self) -> list[Arm]:
        """The arms that no level trains."""
        return [arm for arm, means in self.means.items() if not isfinite(min(means))]

    @property
    def wider(self) -> tuple[Level, ...]:
        """The levels with those that edges ask for."""
        ends = self.edges.values()
        return self.stages.wider(self.levels, low="smallest" in ends, high="largest" in ends)


@dataclass(frozen=True)
class Settled:
    """Where a plan of two stages stands; `final` is empty while it is not known what the runs are."""

    tuned: Tuned
    final: list[Planned]

    @property
    def runs(self) -> list[Planned]:
        return [*(one.run for one in self.tuned.tried), *self.final]


def settle(
    expansion: Expansion, make: Make = lambda runs: None, *, before_making: Callable[[], None] = lambda: None
) -> Settled:
    """Follow the tuning from the plan's own levels as far as answers go. `make` is given the runs before they are looked at,
    `before_making` called before the first plan is made anew.

    Raises InputError for runs that training refuses.
    """
    stages, levels = expansion.stages, expansion.stages.levels
    while True:
        tuned = try_out(expansion, levels, make, before_making)
        if tuned.lacking:
            return Settled(tuned, [])
        if tuned.wider == levels:
            break
        levels = tuned.wider
    if tuned.hopeless:
        return Settled(tuned, [])
    points = [list(words) for words in stages.finals(tuned.chosen)]
    return Settled(tuned, obtain(replace(expansion, points=points)).runs)


def try_out(expansion: Expansion, levels: tuple[Level, ...], make: Make, before_making: Callable[[], None]) -> Tuned:
    """What the runs of these levels say; of arms that turn out to be the same runs one is left."""
    trials = {trial.words: trial for trial in expansion.stages.trials(levels)}
    runs = obtain(replace(expansion, points=[list(words) for words in trials]), before_making=before_making).runs
    make(runs)
    states = [look(Path(run.folder), run.evaluations) for run in runs]
    tried = [
        Tried(trials[tuple(run.words)], run, state, read_bits(run, state))
        for run, state in zip(runs, states, strict=True)
    ]
    return Tuned(expansion.stages, levels, tuple(tried))


def diverged(state: State) -> bool:
    return state.name == "failed" and state.facts.get("diverged", False)


def read_bits(run: Planned, state: State) -> float | None:
    """The answer of a tuning run."""
    if diverged(state):
        return inf
    if state.name != "done":
        return None
    row = read_latest(Path(run.folder), run.evaluations[METRIC])
    if row is None:
        file = Path(run.folder) / "scores.jsonl"
        raise InputError(f"{file}: no {METRIC}, which run.json lists; remove the run's folder and run it again")
    return inf if row["value"] is None else row["value"]


def read_latest(folder: Path, evaluation_id: str | None) -> Row | None:
    """The last row of bits per byte that a run has of this evaluation."""
    rows = read_rows(folder / "scores.jsonl", required=("evaluation_id", "metric", "value"))
    found = [row for row in rows if (row["evaluation_id"], row["metric"]) == (evaluation_id, METRIC)]
    return found[-1] if found else None
