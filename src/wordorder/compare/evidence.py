"""What an audit and verdicts look at: the runs of a comparison, what they scored, and the arms they form."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from wordorder.compare.arms import Arm


@dataclass(frozen=True)
class Evidence:
    """`arms`: the baseline, or what stands first, first; `tuning`: tuning.json, {} without one; `single`: each arm is one run
    that a person named."""

    runs: pd.DataFrame
    scores: pd.DataFrame
    arms: list[Arm]
    tuning: dict[str, Any]
    single: bool = False

    @property
    def done(self) -> pd.DataFrame:
        return self.runs[self.runs["status"] == "done"]
