"""Runs compared one by one: each is an arm, its label says what sets it apart, and no two labels are equal."""

import shutil
from collections.abc import Callable
from pathlib import Path

from wordorder.compare.differences import list_differences
from wordorder.compare.single_arms import make_single_arms


def labels(*folders: Path) -> list[str]:
    arms = {arm.runs[0]: arm.label for arm in make_single_arms(list(folders))}
    return [arms[folder.name] for folder in folders]


def test_a_seed_sets_runs_apart(add_run: Callable[..., Path]) -> None:
    assert labels(add_run("rope"), add_run("rope", 1)) == ["seed=0", "seed=1"]
    assert labels(add_run("rope"), add_run("alibi", 1)) == ["rope, seed=0", "alibi, seed=1"]
    split = add_run("rope", config={"evaluation": {}}), add_run("rope", name="other")
    config = (split[1] / "config.yaml").read_text().replace("data_seed: 0", "data_seed: 5")
    (split[1] / "config.yaml").write_text(config)
    assert labels(*split) == ["data_seed=0", "data_seed=5"]


def test_what_was_asked_is_no_label_but_a_difference(add_run: Callable[..., Path]) -> None:
    folders = add_run("rope"), add_run("alibi", config={"evaluation": {"bits_per_byte": {"split": "val"}}})
    assert labels(*folders) == ["rope", "alibi"]
    differ = list_differences(make_single_arms(list(folders)))
    assert differ["evaluation.bits_per_byte.split"] == ["val", "test"]  # by label: alibi, rope
    assert differ["position.theta"] == ["–", "10000"]
    assert not {"output_dir", "logger.project"} & set(differ)  # where they lie and how they are shown


def test_whole_numbers_are_no_difference_to_integers(add_run: Callable[..., Path]) -> None:
    folders = [add_run("rope", 0, config={"trainer": {"budget": budget}}, name=f"r{budget}") for budget in (7, 7.0)]
    assert list_differences(make_single_arms(folders)) == {}


def test_equal_runs_are_told_apart_by_experiment_or_name(add_run: Callable[..., Path], lab: Path) -> None:
    first, second = add_run("rope"), add_run("rope")
    assert labels(first, second) == [f"rope, {first.name}", f"rope, {second.name}"]
    moved = shutil.copytree(second, lab.parent / "again" / second.name)
    assert labels(first, moved) == ["rope, lab", "rope, again"]
