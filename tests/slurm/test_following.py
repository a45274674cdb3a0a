"""Jobs are waited for, and each run that is left undone is told with the way on; Slurm's silence passes."""

import plans
import pytest

from wordorder.errors import InputError
from wordorder.slurm import following
from wordorder.slurm.following import follow
from wordorder.slurm.queue import Queued


@pytest.fixture
def watch(tmp_path, monkeypatch, capsys):
    """watch(runs, *looks) -> what is said where the queue is told so, look after look; a look may be an error."""

    def one(runs, *looks):
        left = list(looks)

        def read(place):
            look = left.pop(0)
            if isinstance(look, BaseException):
                raise look
            return {tmp_path / name: job for name, job in look.items()}

        monkeypatch.setattr(following, "read_queue", read)
        try:
            follow(runs, tmp_path / "jobs", pause=0)
        except SystemExit as ended:
            return ended.code, capsys.readouterr().out
        assert not left
        return capsys.readouterr().out

    return one


RUNS, WAITS = Queued("7_0", "RUNNING", "None"), Queued("7_1", "PENDING", "Priority")


def planned(tmp_path, name, *written, **more):
    return plans.planned(plans.write_run(tmp_path / name, *written, **more))


def test_it_returns_when_no_job_is_left_and_says_each_change_once(tmp_path, watch):
    runs = [planned(tmp_path, "a", plans.DONE), planned(tmp_path, "b", plans.FAILED)]
    both = {"a": RUNS, "b": WAITS}
    said = watch(runs, both, both, both, {"b": Queued("7_1", "RUNNING", "None")}, {})
    assert said.splitlines() == [
        "Slurm: 1 pending (Priority), 1 running",
        "a: done",
        "Slurm: 1 running",
        "b: failed: ValueError: first",
        "Slurm: no job is left",
    ]


def test_a_run_whose_job_ended_too_soon_is_told_with_its_log_and_the_way_on(tmp_path, watch):
    runs = [planned(tmp_path, "a", plans.RUNNING, step=6), planned(tmp_path, "b", None)]
    first, second = watch(runs, {"a": RUNS, "b": WAITS}, {}).splitlines()[1:3]
    way = f"the same command goes on with it, its log is {tmp_path}/jobs/"
    assert first == f"a: its job ended before the run did at step 6/50; {way}7_0"
    assert second == f"b: its job ended before the run did, before its first step; {way}7_1"


def test_a_run_that_was_submitted_and_is_in_no_queue_is_not_waited_for(tmp_path, watch):
    assert "its job ended before the run did" in watch([planned(tmp_path, "a", None)], {})


def test_a_slurm_that_does_not_answer_is_asked_again(tmp_path, watch):
    said = watch([planned(tmp_path, "a", plans.DONE)], {"a": RUNS}, InputError("squeue says no"), {"a": RUNS}, {})
    assert "squeue says no; the jobs go on, asking again" in said
    assert said.endswith("a: done\nSlurm: no job is left\n")


def test_ctrl_c_leaves_the_jobs_and_says_how_to_come_back_and_how_to_end_them(tmp_path, watch):
    runs = [planned(tmp_path, name, None) for name in "abc"]
    other = Queued("9_4", "PENDING", "Priority")
    code, said = watch(runs, {"a": RUNS, "b": WAITS, "c": other}, KeyboardInterrupt())
    assert code == 130
    assert "3 jobs stay in Slurm's queue: the same command comes back to them" in said
    assert said.endswith("to end them: scancel 7 9\n")
