"""A Slurm of one node for the tests that need one."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import runs

SCRIPT = Path(__file__).with_name("cluster.sh")


class Cluster:
    """A running Slurm, and the environment in which its commands and ours reach it."""

    def __init__(self, folder: Path):
        self.environment = runs.environment() | {"SLURM_CONF": str(folder / "slurm.conf")}

    def ask(self, *words: str) -> str:
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, check=True).stdout

    def jobs(self) -> dict[str, str]:
        """State of every job in the queue, as PENDING BeginTime."""
        lines = self.ask("squeue", "--array", "--noheader", "--format=%i|%T %r").splitlines()
        return dict(line.split("|") for line in lines)

    def hurry(self, job: str) -> None:
        """Begin at once if the job was put back, for which Slurm itself waits two minutes."""
        if self.jobs().get(job) == "PENDING BeginTime":
            subprocess.run(["scontrol", "update", f"jobid={job}", "starttime=now"], env=self.environment)

    def end_all(self) -> None:
        """Cancel every job. Those that run are killed: a run that is held hears nothing else, and KillWait is long."""
        kill = ["scancel", "--me", "--state=RUNNING", "--full", "--signal=KILL"]
        for command in (kill, ["scancel", "--me"]):
            subprocess.run(command, env=self.environment, check=True)
        runs.until(lambda: not self.jobs())

    def submitted(self) -> int:
        """The number that the latest job was given."""
        return max(map(int, re.findall(r"JobId=(\d+)", self.ask("scontrol", "show", "job"))), default=0)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Slurm that is started for these tests and stopped after them."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    if missing := [name for name in ("munged", "slurmctld", "slurmd", "srun") if not shutil.which(name, path=path)]:
        said = f"no Slurm here ({', '.join(missing)} missing): tests/slurm/cluster.sh install"
        if "slurm" in os.environ.get("WORDORDER_REQUIRE", "").split():
            pytest.fail(said)
        pytest.skip(said)
    folder = tmp_path_factory.mktemp("slurm")
    try:
        subprocess.run([SCRIPT, "start", folder, str(two_free_ports())], check=True, timeout=300)
        yield Cluster(folder)
    finally:
        subprocess.run([SCRIPT, "stop", folder], check=True, timeout=60)


def two_free_ports() -> int:
    """The first of two neighbouring ports that nobody listens at."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("", port + 1))
            except OSError:
                continue
            return port
