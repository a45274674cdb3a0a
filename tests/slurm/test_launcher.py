"""What is submitted: runs that have no job yet, in arrays no larger than the cluster takes, and none that is told too early."""

import plans
import pytest

from hydra_plugins.wordorder_slurm import ArrayLauncher
from wordorder.errors import InputError
from wordorder.slurm import following, queue
from wordorder.slurm.queue import Queued

SETTINGS = {"timeout_min": 60, "signal_delay_s": 120, "max_num_timeout": 3, "name": "quickstart"}


@pytest.fixture
def launch(tmp_path, monkeypatch):
    """launch(runs, queued, **settings) -> the names of each array; afterwards all runs are followed."""

    def one(runs, queued=(), **settings):
        arrays, followed = [], []
        jobs = {tmp_path / name: Queued("1_0", "RUNNING", "None") for name in queued}
        monkeypatch.setattr(queue, "read_queue", lambda place: jobs)
        monkeypatch.setattr(queue, "largest_array", lambda: 3)
        monkeypatch.setattr(following, "follow", lambda runs, place: followed.append((runs, place)))
        monkeypatch.setattr(
            ArrayLauncher, "submit", lambda self, runs, place: arrays.append("".join(run.name for run in runs))
        )
        folder = str(tmp_path / "out" / ".submitit" / "%j")
        ArrayLauncher(**SETTINGS | {"submitit_folder": folder} | settings).launch_planned(runs)
        assert followed == [(runs, tmp_path / "out" / ".submitit")]
        return arrays

    return one


def planned(tmp_path, names):
    return [plans.planned(tmp_path / name) for name in names]


def test_all_runs_are_one_array_where_the_cluster_takes_it(tmp_path, launch):
    assert launch(planned(tmp_path, "abc")) == ["abc"]
    assert launch(planned(tmp_path, "abcdefg")) == ["abc", "def", "g"]


def test_a_run_that_has_a_job_is_not_submitted_again(tmp_path, launch, capsys):
    assert launch(planned(tmp_path, "abcd"), "bd") == ["ac"]
    assert "2 of 4 runs have a job in Slurm's queue already" in capsys.readouterr().out
    assert launch(planned(tmp_path, "ab"), "ab") == []


@pytest.mark.parametrize(("minutes", "delay"), [(1, 30), (2, 90), (5, 270)])
def test_a_signal_that_may_come_before_the_first_step_is_refused(minutes, delay, tmp_path, launch):
    with pytest.raises(InputError, match=f"^hydra.launcher.signal_delay_s={delay} must .* timeout_min={minutes}"):
        launch(planned(tmp_path, "a"), timeout_min=minutes, signal_delay_s=delay)
    assert launch(planned(tmp_path, "a"), timeout_min=minutes, signal_delay_s=delay - 1) == ["a"]
