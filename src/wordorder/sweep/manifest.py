"""A plan as a file, so that asking again composes nothing: output_dir/.plans/<digest of the words>.json.

It says what it was made from (inputs.py) and what its runs stand for (planned.py); where either differs today, the file is
not used, and the plan made anew takes its place. So there is a file for each sweep that was asked about, and deleting them
loses nothing.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from wordorder.sweep.expansion import Expansion
from wordorder.sweep.inputs import read_inputs
from wordorder.sweep.planned import Compared, Held, Plan, Planned
from wordorder.whole_files import write_whole

FOLDER = ".plans"


def obtain(expansion: Expansion, *, before_making: Callable[[], None] = lambda: None) -> Plan:
    """The plan that was kept if it still holds, else a new one, which is kept. Raises InputError."""
    inputs = read_inputs(expansion)
    path = place(expansion.output_dir, inputs) if inputs else None
    if path and (kept := read_plan(path, inputs)):
        return kept
    before_making()
    from wordorder.sweep.planning import make_plan  # needs torch

    made = make_plan(expansion)
    if path:
        write_plan(path, inputs, made)
    return made


def place(output_dir: Path, inputs: dict[str, str]) -> Path:
    """Where the plan of these words, typed in this folder, is kept."""
    return output_dir / FOLDER / f"{inputs['words'][:16]}.json"


def read_plan(path: Path, inputs: dict[str, str]) -> Plan | None:
    """The plan that was kept, None where there is none or where what it was made from has changed.

    Raises InputError where a text or file that it stands for can no longer be read.
    """
    try:
        kept = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):  # ValueError: somebody has edited it
        return None
    if kept["inputs"] != inputs:
        return None
    arms = [Compared(**arm) for arm in kept["arms"]]
    plan = Plan([Planned(**run) for run in kept["runs"]], Held(**kept["held"]), arms)
    return plan if plan.held.same() else None


def write_plan(path: Path, inputs: dict[str, str], plan: Plan) -> None:
    """Keep a plan; a reader finds it whole or not at all. Where nothing can be written it is made anew each time."""
    kept = {"inputs": inputs, "held": asdict(plan.held)}
    kept |= {"runs": [asdict(run) for run in plan.runs], "arms": [asdict(arm) for arm in plan.arms]}
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(kept), shared=True)
