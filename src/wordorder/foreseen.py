"""What the comparison of a sweep's runs would be refused for, refused before the first of them is trained.

An arm's label holds what sets it apart from the others, so a baseline that is right for one plan may be no arm of a larger
one, nor of a folder in which other runs lie.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wordorder.compare.arms import split_numbers
from wordorder.compare.labels import label_arms, refuse_unknown
from wordorder.record.folders import list_runs, read_config, read_run
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.planned import Compared, Plan, compared


def refuse_uncomparable(expansion: Expansion, plan: Plan) -> None:
    """InputError for a baseline that is no arm of what will lie in a folder of the plan, and for figures of no such kind."""
    settings = settings_of(expansion, expansion.points[0])
    if not settings["baseline"]:  # then no run need be looked at
        return
    planned = {Path(run.folder) for run in plan.runs}
    for folder in dict.fromkeys(arm.folder for arm in plan.arms):
        others = [run for run in list_runs(Path(folder)) if run not in planned]
        beside = [compared(run, read_config(run), read_run(run).get("choices") or {}) for run in others]
        refuse_unknown(settings["baseline"], labels_of([arm for arm in plan.arms if arm.folder == folder] + beside))


def refuse_uncomparable_finals(expansion: Expansion) -> None:
    """The same of a plan of two stages before its tuning, each arm at the first of the values that are tried."""
    stages = expansion.stages
    points = {arm: words for words, arm in stages.finals({arm: stages.levels[0] for arm in stages.arms}).items()}
    settings = settings_of(expansion, list(points[stages.arms[0]]))
    configured = [expansion.compose(list(words)) for words in points.values()]
    arms = [compared(Path(config["name"], "run"), config, choices) for config, choices in configured]
    refuse_unknown(settings["baseline"], labels_of(arms))


def settings_of(expansion: Expansion, words: list[str]) -> dict[str, Any]:
    """The section `compare` of the run of these words, its figures made. Raises InputError."""
    from wordorder.comparing import make_figures  # draws, for which a plan of what is done need not wait

    settings = expansion.compose(words)[0]["compare"]
    make_figures(settings)
    return settings


def labels_of(arms: Iterable[Compared]) -> list[str]:
    """The labels that a comparison gives these arms, equal ones once; one without a config or choices has none."""
    known = {json.dumps(arm.config, sort_keys=True, default=str): arm for arm in arms if arm.config and arm.choices}
    labels = label_arms([arm.config for arm in known.values()], [arm.choices for arm in known.values()])
    return sorted(labels, key=split_numbers)
