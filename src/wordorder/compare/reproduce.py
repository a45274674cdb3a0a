"""What is typed to train the runs of one arm again: the command that was typed for all, narrowed to the arm."""

import re
import shlex

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.quantities import SEEDS


def list_commands(runs: pd.DataFrame, arms: list[Arm]) -> dict[str, str]:
    """Arm -> a command line; arms whose runs recorded no command are left out."""
    if "command" not in runs:
        return {}
    found = {}
    for arm in arms:
        own = runs[runs["run"].isin(arm.runs)]
        if len(typed := own["command"].dropna()):
            found[arm.label] = narrow(typed.iloc[-1], arm, own[SEEDS].dropna().drop_duplicates())
    return found


def narrow(command: str, arm: Arm, seeds: pd.DataFrame) -> str:
    """The words of a command, those that the arm or its seeds have instead replaced."""
    both = [tuple(int(one) for one in pair) for pair in seeds.itertuples(index=False, name=None)]
    own = [*arm.words, *word_seeds(sorted(both))]
    replaced = {key_of(word) for word in own} | {"seed", "weight_seed", "data_seed"}
    words = [word for word in shlex.split(command) if key_of(word) not in replaced]
    sweeps = any("," in word.partition("=")[2] for word in own)
    if sweeps and "-m" not in words and not any(word.startswith("experiment=") for word in words):
        words.insert(2, "-m")
    return shlex.join([*words, *own])


def word_seeds(pairs: list[tuple[int, ...]]) -> list[str]:
    if all(len(set(pair)) == 1 for pair in pairs):
        return [f"seed={','.join(str(pair[0]) for pair in pairs)}"] if pairs else []
    weights, data = (list(dict.fromkeys(numbers)) for numbers in zip(*pairs, strict=True))
    return [f"weight_seed={','.join(map(str, weights))}", f"data_seed={','.join(map(str, data))}"]


def key_of(word: str) -> str:
    """What stands before = without the signs that add or replace."""
    return re.split("=", word.lstrip("+~"), maxsplit=1)[0] if "=" in word else word
