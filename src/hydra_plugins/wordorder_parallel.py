"""joblib through hydra-joblib-launcher: a run that fails costs no other, a worker that dies is told in one sentence, and
Ctrl-C lets every run write its checkpoint."""

import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

if find_spec("hydra_plugins.hydra_joblib_launcher"):
    from hydra_plugins.hydra_joblib_launcher.joblib_launcher import JoblibLauncher

    class ParallelLauncher(JoblibLauncher):
        """Several runs at a time, in processes that each do one after the other."""

        def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
            from joblib.externals.loky.process_executor import TerminatedWorkerError

            from wordorder.contained import Contained
            from wordorder.training.interrupt import Interrupted

            asked: list[int] = []
            before = signal.signal(signal.SIGINT, lambda number, _: leave_to_workers(asked, before))
            self.task_function = Contained(self.task_function)
            try:
                super().launch(job_overrides, initial_job_idx)
            except TerminatedWorkerError:
                if not asked:
                    print(DIED, file=sys.stderr)
            finally:
                signal.signal(signal.SIGINT, before)
            if asked:
                raise Interrupted("the sweep")
            return []


DIED = (
    "hydra/launcher=joblib: a worker's process died, and joblib ends a sweep with it; "
    "the same command goes on with what is left"
)


def leave_to_workers(asked: list[int], before: Any) -> None:
    """At the first Ctrl-C, which a terminal sends to the workers too: joblib would kill them before they have answered."""
    asked.append(signal.SIGINT)
    signal.signal(signal.SIGINT, before)
