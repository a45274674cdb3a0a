"""What is typed to train the runs of one arm again, as the runs recorded it."""

import shlex

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.record.seeds import SEEDS

PLACES = ("hydra.searchpath", "--config-dir", "-cd", "--config-path", "-cp")  # where Hydra looks, each with a folder


def list_commands(runs: pd.DataFrame, arms: list[Arm]) -> dict[str, list[str]]:
    """Arm -> command lines; arms whose runs recorded no words are left out."""
    if not {"command", "words"} <= set(runs):
        return {}
    found = {}
    for arm in arms:
        own = runs[runs["run"].isin(arm.runs)].dropna(subset=["command", "words"])
        if len(own):
            words = [[word for word in one if not word.startswith("rerun=")] for one in own["words"]]
            found[arm.label] = shorten_lines(program_of(own["command"].iloc[-1]), words)
    return found


def program_of(command: str) -> list[str]:
    """The beginning of a command line, before the words that say what is trained, and where it looks for configs."""
    words = shlex.split(command)
    first = next((n for n, word in enumerate(words) if "=" in word or word.startswith("-")), len(words))
    kept = [word for n, word in enumerate(words) if word.partition("=")[0] in PLACES or words[n - 1] in PLACES]
    return [*words[:first], *kept]


def shorten_lines(program: list[str], runs: list[list[str]]) -> list[str]:
    """A line for each run; where they differ in their seeds alone, the first, and what stands in the others."""
    named = ("seed", *SEEDS)
    rests = [[word for word in words if word.partition("=")[0] not in named] for words in runs]
    seeds = [shlex.join(word for word in words if word.partition("=")[0] in named) for words in runs]
    first = shlex.join([*program, *runs[0]])
    if any(rest != rests[0] for rest in rests):
        return [shlex.join([*program, *words]) for words in runs]
    others = "; ".join(dict.fromkeys(seed for seed in seeds if seed != seeds[0]))
    return [f"{first}  # also {others}" if others else first]
