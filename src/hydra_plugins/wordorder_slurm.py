"""Slurm through hydra-submitit-launcher: one array of jobs, each of which costs its own run only and is put back by submitit.

Hydra's own launcher would wait for ever for a job that was cancelled and end with the first that failed.
"""

import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wordorder.sweep.planned import Planned

LOOKS_EVERY = 30  # seconds, at which Slurm looks whose time is running out

if find_spec("hydra_plugins.hydra_submitit_launcher"):
    from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher

    class ArrayLauncher(SlurmLauncher):
        """Submits the runs that have no job yet as one array, and returns when none of their jobs is left."""

        def launch_planned(self, runs: Sequence["Planned"]) -> None:
            from submitit.core.utils import JobPaths

            from wordorder.slurm.following import follow
            from wordorder.slurm.queue import largest_array, read_queue

            self.refuse_early_signal()
            self.typed = list(sys.argv)  # in a job they are submitit's
            place = JobPaths.get_first_id_independent_folder(self.params["submitit_folder"]).resolve()
            queued = read_queue(place)
            new = [run for run in runs if Path(run.folder).resolve() not in queued]
            if len(new) < len(runs):
                print(f"{len(runs) - len(new)} of {len(runs)} runs have a job in Slurm's queue already", flush=True)
            size = largest_array()
            for first in range(0, len(new), size):
                self.submit(new[first : first + size], place)
            follow(runs, place)

        def refuse_early_signal(self) -> None:
            """InputError where a job would be told of its end before it has begun."""
            from wordorder.errors import InputError

            delay, minutes = self.params["signal_delay_s"], self.params["timeout_min"]
            if delay + LOOKS_EVERY >= 60 * minutes:
                raise InputError(
                    f"hydra.launcher.signal_delay_s={delay} must be at least {LOOKS_EVERY + 1} seconds shorter than "
                    f"timeout_min={minutes}: else Slurm may ask for the checkpoint before the first step"
                )

        def submit(self, runs: Sequence["Planned"], place: Path) -> None:
            """One array, or one job for one run. Raises InputError where Slurm does not take it."""
            from hydra.core.singleton import Singleton
            from submitit import AutoExecutor
            from submitit.core.utils import FailedJobError

            from wordorder.command import words_in_job
            from wordorder.errors import InputError
            from wordorder.slurm.queue import announce

            own = ("submitit_folder", "max_num_timeout")
            folder, timeouts = (self.params[name] for name in own)
            settings = {name: value for name, value in self.params.items() if name not in own}
            settings["name"] += f"-{announce(place, [Path(run.folder) for run in runs])}"
            shared = {field.name for field in fields(BaseQueueConf)}  # what only Slurm knows submitit calls slurm_...
            executor = AutoExecutor(folder, cluster="slurm", slurm_max_num_timeout=timeouts)
            executor.update_parameters(
                **{name if name in shared else f"slurm_{name}": settings[name] for name in settings}
            )
            each = (
                (words_in_job(run), "hydra.sweep.dir", n, str(n), Singleton.get_state()) for n, run in enumerate(runs)
            )
            try:
                jobs = executor.map_array(self, *zip(*each, strict=True))
            except FailedJobError as error:
                raise InputError(f"hydra.launcher: Slurm does not take these jobs: {error}") from error
            print(f"{len(runs)} jobs submitted as {jobs[0].job_id.partition('_')[0]}, logs under {place}", flush=True)

        def __call__(self, *submitted: Any) -> Any:
            """In the job: one run."""
            from wordorder.slurm.stopping import requeued

            sys.argv = self.typed
            with requeued():
                return super().__call__(*submitted)
