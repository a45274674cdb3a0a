"""What one process of joblib does with the runs it is given, one after the other.

Not beside the launcher: Hydra executes the modules of its plugins anew before each run, and they would forget.
"""

from collections.abc import Callable
from typing import Any


class Contained:
    """A task that never ends its process: a run's folder tells what became of it. After an asked-for stop none is begun."""

    stopped = False  # of this process

    def __init__(self, task: Callable[[Any], None]):
        self.task = task

    def __call__(self, config: Any) -> None:
        if Contained.stopped:
            return
        try:
            self.task(config)
        except SystemExit as ended:
            Contained.stopped = ended.code == 130
