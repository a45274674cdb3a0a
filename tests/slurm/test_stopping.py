"""In a job, SIGUSR2 asks as SIGTERM does and puts the job back afterwards; SIGTERM alone does not put it back."""

import os
import signal
import sys
from pathlib import Path

import pytest
import runs

from wordorder.slurm.stopping import requeued
from wordorder.training.interrupt import Interrupt


def put_back(number, frame) -> None:
    """What stands for submitit's handler: says so, tries to be ended as Slurm does it, and exits."""
    Path("put back").touch()
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit(7)


def in_job(act) -> int:
    """The exit code of a job, in a process of its own, that does this."""

    def job() -> int:
        signal.signal(signal.SIGUSR2, put_back)
        try:
            with requeued():
                act()
        except SystemExit as ended:
            return ended.code
        return 0

    return runs.in_child(job)


def train_until(*numbers: int) -> None:
    """Training that is told these and ends early, as commands.train does."""
    with Interrupt() as interrupt:
        for number in numbers:
            os.kill(os.getpid(), number)
    Path("checkpoint").touch()
    assert interrupt.asked
    sys.exit(130)


@pytest.fixture(autouse=True)
def there(here):
    """Each in a folder of its own."""


@pytest.mark.parametrize(
    "told",
    [
        [signal.SIGUSR2],
        [signal.SIGUSR2, signal.SIGTERM],
        [signal.SIGTERM, signal.SIGUSR2],
        [signal.SIGUSR2, signal.SIGUSR2, signal.SIGTERM, signal.SIGTERM],
    ],
    ids=lambda told: "+".join(signal.Signals(number).name for number in told),
)
def test_training_writes_its_checkpoint_and_then_the_job_is_put_back(told):
    assert in_job(lambda: train_until(*told)) == 7
    assert Path("checkpoint").exists() and Path("put back").exists()


def test_a_cancelled_job_writes_its_checkpoint_and_is_not_put_back():
    assert in_job(lambda: train_until(signal.SIGTERM, signal.SIGTERM)) == 130
    assert Path("checkpoint").exists() and not Path("put back").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGUSR2, 7), (signal.SIGTERM, 143)])
def test_outside_of_training_the_process_ends_at_once_and_no_exception_is_caught_on_the_way(number, code):
    def evaluate() -> None:
        try:
            os.kill(os.getpid(), number)
        except Exception:
            Path("taken for a failure").touch()
        Path("went on").touch()

    assert in_job(evaluate) == code
    assert Path("put back").exists() == (number == signal.SIGUSR2)
    assert not Path("taken for a failure").exists() and not Path("went on").exists()


def test_a_job_that_was_told_and_finished_all_the_same_is_not_put_back():
    def finish() -> None:
        with Interrupt():
            os.kill(os.getpid(), signal.SIGUSR2)

    assert in_job(finish) == 0 and not Path("put back").exists()


def test_a_run_that_failed_untold_is_not_put_back():
    assert in_job(lambda: sys.exit(1)) == 1 and not Path("put back").exists()


def test_a_helper_that_the_run_has_forked_is_not_concerned():
    def helped() -> None:
        assert runs.in_child(lambda: os.kill(os.getpid(), signal.SIGUSR2)) == 0

    assert in_job(helped) == 0 and not Path("put back").exists()
