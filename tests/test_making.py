"""A sweep is made: what is done is left alone, any launcher is given the rest, and what it left undone is told."""

import subprocess
import sys
from pathlib import Path

import plans
import pytest
import runs

from wordorder.making import make_sweep
from wordorder.record.run_record import RunRecord
from wordorder.sweep.expansion import Expansion

CHOICES = {"position": "learned", "tokenizer": "byte", "source": "text_file"}
POINTS = [["seed=0"], ["seed=1"], ["seed=2"]]


@pytest.fixture
def sweep(here, compose_config):
    """sweep(launch) -> a sweep of three runs under another launcher than ours."""

    def make(launch) -> Expansion:
        compose = lambda words: (compose_config(*runs.words(), *words), dict(CHOICES))  # noqa: E731
        return Expansion(POINTS, compose, [], [here], Path("outputs"), 0, launch=launch)

    return make


def folders(compose_config) -> list[Path]:
    return [runs.make_job(compose_config, {"seed": seed}).folder for seed in (0, 1, 2)]


def test_a_launcher_is_given_what_is_not_done_and_what_it_left_is_told(sweep, compose_config, capsys):
    first, second, third = folders(compose_config)
    runs.run(compose_config, {"seed": 1})
    given = []

    def launch(points: list[list[str]]) -> None:
        given.extend(points)
        runs.run(compose_config, {"seed": 0})
        plans.write_run(third, plans.FAILED)

    with pytest.raises(SystemExit) as stopped:
        make_sweep(sweep(launch))
    said = capsys.readouterr().out
    assert given == [["seed=0"], ["seed=2"]] and stopped.value.code == 1
    assert f"{second.name}: already done" in said and f"{third.name}: {plans.FAILED['reason']}" in said
    assert RunRecord(first).facts["status"] == "done" and "report:" in said


def test_a_run_that_a_launcher_never_began_is_no_success(sweep, compose_config, capsys):
    for seed in (0, 1):
        runs.run(compose_config, {"seed": seed})
    with pytest.raises(SystemExit) as stopped:
        make_sweep(sweep(lambda points: None))
    assert stopped.value.code == 1
    assert f"{folders(compose_config)[2].name}: not begun; the same command goes on with it" in capsys.readouterr().out


def test_where_all_is_done_nothing_is_launched_and_torch_is_not_imported(here, compose_config):
    words = [*runs.words(), "-m", "seed=0"]
    command = [sys.executable, str(Path(__file__).parents[1] / "scripts" / "train.py"), *words]
    subprocess.run(command, check=True, capture_output=True)
    code = f"import sys; sys.argv = {command[1:]}; from wordorder import commands; commands.run('train')"
    code += "; print(*{name.split('.')[0] for name in sys.modules})"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "already done" in again and "report:" in again
    assert not {"torch", "lightning", "datasets"} & set(again.splitlines()[-1].split())
