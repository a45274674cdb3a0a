"""Where a process stands among those that train one run, as torchrun or srun says it.

Limits: a batch script that does not say srun, and a task alone in its step, are processes by themselves.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Which of `size` processes this one is; `local_rank` numbers those of a machine, and its cards; all meet at address:port."""

    rank: int
    size: int
    local_rank: int
    address: str
    port: int


def place_given() -> Place | None:
    """This process among those that torchrun or srun has started; None where it was started by itself."""
    from lightning.pytorch.plugins.environments import SLURMEnvironment, TorchElasticEnvironment

    if TorchElasticEnvironment.detect():
        ours = TorchElasticEnvironment()
        return Place(ours.global_rank(), ours.world_size(), ours.local_rank(), ours.main_address, ours.main_port)
    given = os.environ
    n_tasks = int(given.get("SLURM_STEP_NUM_TASKS", "1"))  # only srun says it
    if n_tasks == 1:
        return None
    address = given.get("MASTER_ADDR") or SLURMEnvironment.resolve_root_node_address(given["SLURM_STEP_NODELIST"])
    own = 15_000 + (int(given["SLURM_JOB_ID"]) + 100 * int(given["SLURM_STEP_ID"])) % 10_000  # each step's, at a guess
    return Place(
        int(given["SLURM_PROCID"]), n_tasks, int(given["SLURM_LOCALID"]), address, int(given.get("MASTER_PORT", own))
    )
