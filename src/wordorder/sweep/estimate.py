"""How long what is left will take, by the seconds that runs took which are done.

Training alone is counted: evaluations are not timed. The runs that are done say how long others of their arm take (the same
but for seeds), or where the arm has none, all that are done; a run under way says it of itself by its own pace.
"""

from collections.abc import Sequence
from statistics import fmean

from wordorder.sweep.planned import Planned
from wordorder.sweep.state import State

NONE = "no run is done yet: no estimate"


class Estimate:
    """Seconds of training, learnt from a plan's runs and their states."""

    def __init__(self, runs: Sequence[Planned], states: Sequence[State]):
        self.by_arm: dict[str, list[float]] = {}
        for run, state in zip(runs, states, strict=True):
            if "seconds" in state.facts and state.name in ("done", "unscored"):
                self.by_arm.setdefault(run.arm, []).append(state.facts["seconds"])

    def whole(self, run: Planned) -> float | None:
        """Of a whole run; None where no run is done."""
        seconds = self.by_arm.get(run.arm) or [one for arm in self.by_arm.values() for one in arm]
        return fmean(seconds) if seconds else None

    def left(self, run: Planned, state: State) -> float | None:
        """Of what a run lacks; None where nothing tells."""
        if state.name in ("done", "unscored"):
            return 0.0
        if state.name in ("running", "interrupted") and state.step and state.steps:
            return state.row["seconds"] / state.step * (state.steps - state.step)
        return self.whole(run)

    def together(self, seconds: Sequence[float | None], n_jobs: int | None) -> str:
        """In words: runs with so many seconds left, `n_jobs` at a time; no sooner than the longest of them ends.

        Where it is not known how many go at a time, the time of all of them one after the other.
        """
        if not seconds:
            return "nothing is left to train"
        known = [one for one in seconds if one is not None]
        if not self.by_arm or len(known) < len(seconds):
            return NONE
        if n_jobs is None:
            return f"about {duration(sum(known))} of training in all"
        return f"about {duration(max(*known, sum(known) / n_jobs, 0.0))} of training, {n_jobs} at a time"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, two digits of them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
