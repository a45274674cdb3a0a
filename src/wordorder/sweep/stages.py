"""The two stages of a plan: what is tried, how the values go on at an edge, and the runs that follow the choice."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Level:
    """A value, and the word that sets it."""

    word: str
    value: Any = field(compare=False)  # it may be a list

    @property
    def text(self) -> str:
        return self.word.partition("=")[2]


@dataclass(frozen=True)
class Arm:
    """What is compared: the words of its runs but for seed and tuned key; the label holds those that set it apart."""

    label: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """A tuning run."""

    arm: Arm
    level: Level
    seed: Level
    words: tuple[str, ...]


@dataclass(frozen=True)
class Stages:
    """What is tried and what follows. Levels that are numbers come from small to large; only these have edges."""

    name: str
    key: str
    levels: tuple[Level, ...]
    seeds: tuple[Level, ...]
    extend: int
    arms: tuple[Arm, ...]
    final: tuple[Level, ...]

    @property
    def folder(self) -> str:
        """The name of the tuning runs' folder, beside the experiment's own."""
        return f"{self.name}_tune"

    @property
    def ordered(self) -> bool:
        return are_numbers(self.levels)

    def trials(self, levels: tuple[Level, ...]) -> list[Trial]:
        """Every arm with every level and every tuning seed."""
        apart = (f"name={self.folder}", "tuning=true", 'compare.baseline=""')
        return [
            Trial(arm, level, seed, with_words(arm.words, level.word, seed.word, *apart))
            for arm in self.arms
            for level in levels
            for seed in self.seeds
        ]

    def finals(self, chosen: dict[Arm, Level]) -> dict[tuple[str, ...], Arm]:
        """The words of the runs that count, with the arm of each."""
        return {with_words(arm.words, chosen[arm].word, seed.word): arm for arm in chosen for seed in self.final}

    def wider(self, levels: tuple[Level, ...], *, low: bool, high: bool) -> tuple[Level, ...]:
        """The levels with one more at the ends asked for, where `extend` allows it and there is a next one."""
        below, above = levels.index(self.levels[0]), len(levels) - 1 - levels.index(self.levels[-1])  # added so far
        more = [
            self.following(levels[1], levels[0]) if low and below < self.extend else None,
            *levels,
            self.following(levels[-2], levels[-1]) if high and above < self.extend else None,
        ]
        return tuple(level for level in more if level)

    def following(self, inner: Level, outer: Level) -> Level | None:
        """The level beyond the outer one, at the ratio of the two; none of whole numbers, nor beside one that is not positive."""
        if not (are_fractions(self.levels) and inner.value > 0 and outer.value > 0):
            return None
        value = float(f"{outer.value * outer.value / inner.value:.12g}")  # 0.9 and not 0.8999999999999999
        return Level(f"{outer.word.partition('=')[0]}={value}", value)


def are_numbers(levels: tuple[Level, ...]) -> bool:
    return all(isinstance(level.value, int | float) and not isinstance(level.value, bool) for level in levels)


def are_fractions(levels: tuple[Level, ...]) -> bool:
    """Numbers, of which some are written with a fraction: whole ones may be all there is between them."""
    return are_numbers(levels) and any(isinstance(level.value, float) for level in levels)


def with_words(given: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """The words with others in place of those of the same key (with or without a +), or behind them."""
    return tuple({one.partition("=")[0].lstrip("+"): one for one in (*given, *more)}.values())
