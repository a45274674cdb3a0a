"""A job is recognised by the run that its submission's file lists, however Slurm spells the job."""

from pathlib import Path

import pytest

from wordorder.errors import InputError
from wordorder.slurm import queue
from wordorder.slurm.queue import Queued, announce, read_queue


@pytest.fixture
def tell(monkeypatch):
    """tell(lines): what squeue will say."""
    return lambda *lines: monkeypatch.setattr(queue, "ask", lambda *words: "".join(f"{line}\n" for line in lines))


def test_jobs_are_told_by_run(tmp_path, tell):
    runs = [tmp_path / name for name in ("a", "b", "c")]
    array, alone = announce(tmp_path / "jobs", runs[:2]), announce(tmp_path / "jobs", runs[2:])
    tell(
        f"12_0|RUNNING|None|quick-start-{array}",
        f"12_1|PENDING|BeginTime|quick-start-{array}",
        f"13|COMPLETING|None|a|b-{alone}",
        "14_7|RUNNING|None|train",
        "15|PENDING|Priority|train-0123456789ab",
    )
    assert read_queue(tmp_path / "jobs") == {
        runs[0]: Queued("12_0", "RUNNING", "None"),
        runs[1]: Queued("12_1", "PENDING", "BeginTime"),
        runs[2]: Queued("13", "COMPLETING", "None"),
    }


def test_a_run_is_the_same_by_whatever_path(tmp_path, tell, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    number = announce(Path("jobs"), [Path("link/run")])
    tell(f"3|RUNNING|None|x-{number}")
    assert list(read_queue(tmp_path / "jobs")) == [tmp_path / "run"]


def test_another_place_knows_nothing_of_these_jobs(tmp_path, tell):
    tell(f"3|RUNNING|None|x-{announce(tmp_path / 'one', [tmp_path / 'run'])}")
    assert read_queue(tmp_path / "other") == {}


@pytest.mark.parametrize("told", [1001, 4000001])
def test_the_largest_array_is_what_the_cluster_says(told, tell):
    tell("MaxArrayTasks = 5", f"MaxArraySize            = {told}", "MaxDBDMsgs = 20012")
    assert queue.largest_array() == told


def test_a_machine_without_slurm_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="hydra/launcher=submitit_slurm: squeue does not answer here"):
        read_queue(Path("jobs"))


def test_what_a_command_of_slurm_refuses_is_told():
    with pytest.raises(InputError, match="hydra/launcher=submitit_slurm: ls says .*--nonsense"):
        queue.ask("ls", "--nonsense")
