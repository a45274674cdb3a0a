"""Runs that are compared one by one, whatever they differ in: each is an arm, with its seeds among what sets it apart."""

from pathlib import Path
from typing import Any

from wordorder.compare.arms import Arm, flatten_config, split_numbers
from wordorder.compare.labels import label_arms
from wordorder.record.folders import read_config, read_run
from wordorder.record.seeds import SEEDS

# Where a run lies and how it is shown; all else is compared, what was asked of it included.
PLACES = frozenset("name question output_dir logger compare plan rerun".split())


def make_single_arms(folders: list[Path]) -> list[Arm]:
    """Each run as an arm of its own, by label; seeds are in the labels, and in `config` all but where a run lies.

    Runs of one label are told apart by their experiments, or by their own names.
    """
    names = [folder.resolve().name for folder in folders]
    wholes = [read_config(folder) for folder in folders]
    choices = [read_run(folder).get("choices") or {} for folder in folders]
    trained = [flatten_config(whole, run=name) for whole, name in zip(wholes, names, strict=True)]
    known = [config | seeds for config, seeds in zip(trained, _read_seeds(wholes), strict=True)]
    labels = _tell_apart(label_arms(known, choices), folders)
    arms = [
        Arm(label, str(choice.get("position", "")), (folder.name,), everything)
        for label, choice, folder, everything in zip(labels, choices, folders, _read_all(wholes, names), strict=True)
    ]
    return sorted(arms, key=lambda arm: split_numbers(arm.label))


def _read_all(configs: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    pairs = zip(configs, names, strict=True)
    return [flatten_config(config, run=name, without=PLACES, seeds=True) for config, name in pairs]


def _read_seeds(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One seed where both are the same in every run."""
    both = [{key: config.get(key) for key in SEEDS} for config in configs]
    if all(len(set(seeds.values())) == 1 for seeds in both):
        return [{"seed": seeds["weight_seed"]} for seeds in both]
    return both


def _tell_apart(labels: list[str], folders: list[Path]) -> list[str]:
    """The labels; those that several runs have with the experiment behind them, or with the run's name if that is shared."""
    told = []
    for label, folder in zip(labels, folders, strict=True):
        same = [other for other, its in zip(folders, labels, strict=True) if its == label]
        places = [other.resolve().parent.name for other in same]
        own = folder.resolve().parent.name if len(set(places)) == len(same) else folder.name
        told.append(label if len(same) == 1 else f"{label}, {own}")
    return told
