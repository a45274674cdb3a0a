"""A sweep is made: what is done is left alone, any launcher is given the rest, and what it left undone is told."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import plans
import pytest
import runs
import tuned
from filelock import FileLock
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig

from wordorder import command, keeping, making
from wordorder.check import conf_dir
from wordorder.errors import InputError
from wordorder.making import make_sweep
from wordorder.record.run_record import RunRecord
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.planned import Planned
from wordorder.words import quote

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

    def launch(planned: list[Planned]) -> None:
        given.extend(run.words for run in planned)
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
        make_sweep(sweep(lambda planned: None))
    assert stopped.value.code == 1
    assert f"{folders(compose_config)[2].name}: not begun; the same command goes on with it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "said"), [("compare.baseline=none", "compare.baseline=none: no such arm; choose one of: learned, or")]
    + [("compare.figures.3.settle=x", "compare.figures.3.settle='x' must be a number")]
)  # fmt: skip
def test_a_comparison_that_would_be_refused_is_refused_before_anything_is_launched(word, said, sweep):
    given = []
    expansion = sweep(given.append)
    points = [[*words, word] for words in POINTS]
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        make_sweep(replace(expansion, points=points))
    assert given == [] and [path.name for path in Path("outputs").iterdir()] == [".plans"]


def test_a_baseline_of_tuned_arms_is_refused_before_they_are_tuned(here, capfd):
    assert type_tuned("optimizer.lr=0.001,0.004", "compare.baseline=none") == 1
    assert "compare.baseline=none: no such arm; choose one of: learned, or" in capfd.readouterr().err
    assert not list(Path("outputs").glob("*/*/run.json"))


def test_where_all_is_done_nothing_is_launched_and_torch_is_not_imported(here, compose_config):
    words = [*runs.words(), "-m", "seed=0"]
    command = [sys.executable, str(Path(__file__).parents[1] / "scripts" / "train.py"), *words]
    subprocess.run(command, check=True, capture_output=True)
    code = f"import sys; sys.argv = {command[1:]}; from wordorder import commands; commands.run('train')"
    code += "; print(*{name.split('.')[0] for name in sys.modules})"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "already done" in again and "report:" in again
    assert not {"torch", "lightning", "datasets"} & set(again.splitlines()[-1].split())


@pytest.fixture
def stages(tmp_path, monkeypatch):
    """stages(bits_of, rerun=...) -> (the final runs or the exit code, what each launch was given) of a plan of two stages."""
    monkeypatch.setattr(making, "show", lambda *_: [])
    monkeypatch.setattr(making, "refuse_uncomparable_finals", lambda *_: None)

    def make(bits_of, *, rerun: str = "no"):
        tuned.plan_by_words(monkeypatch, tmp_path, rerun=rerun)
        launched = []

        def launch(asked):
            launched.append([run.name for run in asked])
            for run in asked:
                shutil.rmtree(run.folder, ignore_errors=True)
            tuned.answering(bits_of)(asked)

        expansion = replace(
            tuned.expansion_of(tuned.stages_of(1.0, 2.0, 4.0, arms=(tuned.ROPE,)), tmp_path), launch=launch
        )
        try:
            return [run.name for run in making.make_tuning(expansion)], launched
        except SystemExit as stopped:
            return stopped.code, launched

    return make


def test_only_the_values_that_an_edge_adds_are_launched_again_and_nothing_where_all_is_done(stages):
    made = stages(lambda _, lr, seed: abs(lr - 8))
    rounds = [["rope-1.0-100", "rope-2.0-100", "rope-4.0-100"], ["rope-8.0-100"], ["rope-16.0-100"]]
    assert made == (["rope-8.0-0", "rope-8.0-1"], rounds)
    assert stages(lambda _, lr, seed: 0.0) == (["rope-8.0-0", "rope-8.0-1"], [])


def test_a_rerun_makes_each_tuning_run_again_once_and_chooses_by_what_came_of_it(stages):
    stages(lambda _, lr, seed: abs(lr - 2))
    final, launched = stages(lambda _, lr, seed: abs(lr - 8), rerun="all")
    assert final == ["rope-8.0-0", "rope-8.0-1"]
    assert launched == [["rope-1.0-100", "rope-2.0-100", "rope-4.0-100"], ["rope-8.0-100"], ["rope-16.0-100"]]


def test_a_tuning_run_without_an_answer_ends_the_command_before_anything_is_chosen(stages, tmp_path, capsys):
    plans.write_run(tmp_path / "x_tune" / "rope-2.0-100", plans.FAILED)
    assert stages(lambda _, lr, seed: lr) == (1, [["rope-1.0-100", "rope-4.0-100"]])
    assert "2 final runs follow when tuning is done; 1 tuning run" in capsys.readouterr().out
    assert not (tmp_path / "x").exists()


LAUNCHED = ["experiment=tuned", "hydra/launcher=basic", "~plan.grid", "position=learned", "trainer.budget=4", "seed=0"]
LAUNCHED += ["compare.baseline="]


def type_tuned(*words: str) -> int:
    """The plan of experiment=tuned for one scheme, its runs one after another in this process."""
    small = [word for word in runs.words() if not word.startswith(("position=", "trainer.budget="))]
    keys = {word.partition("=")[0] for word in words}
    return runs.typed("train", *(word for word in [*LAUNCHED, *small] if word.partition("=")[0] not in keys), *words)


def test_a_plan_of_two_stages_killed_between_them_goes_on_to_the_final_runs_of_what_was_chosen(here, capsys):
    words = ["optimizer.lr=0.001,0.004", "plan.tune.extend=1"]

    def die_between():
        making.make_runs = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        return type_tuned(*words)

    assert runs.in_child(die_between) == -signal.SIGKILL
    tried = {path.parent: path.stat().st_mtime_ns for path in Path("outputs/tuned_tune").glob("*/run.json")}
    assert len(tried) == 3 and not list(Path("outputs/tuned").glob("*/run.json"))  # one for the edge
    assert type_tuned(*words) == 0
    said = capsys.readouterr().out
    assert "OPTIMUM AT THE EDGE OF THE GRID: optimizer.lr=0.016" in said and "report: outputs/tuned/" in said
    assert {path: (path / "run.json").stat().st_mtime_ns for path in tried} == tried
    (final,) = (RunRecord(path.parent).config() for path in Path("outputs/tuned").glob("*/run.json"))
    assert (final["optimizer"]["lr"], final["seed"]) == (0.016, 0)
    assert {score["facts"]["split"] for path in tried for score in RunRecord(path).scores()} == {"val"}
    assert {RunRecord(path).config()["seed"] for path in tried} == {100}
    assert json.loads(Path("outputs/tuned/tuning.json").read_text())["arms"][0]["edge"] == "largest"


def test_a_comparison_of_runs_that_have_not_changed_is_said_again(sweep, compose_config, capsys, monkeypatch):
    for seed in (0, 1, 2):
        runs.run(compose_config, {"seed": seed})
    capsys.readouterr()
    make_sweep(sweep(None))
    first = capsys.readouterr().out
    monkeypatch.setattr("wordorder.comparing.compare_folder", None)
    make_sweep(sweep(None))
    assert capsys.readouterr().out == first and "report:" in first
    assert Path("outputs/adhoc/compare/summary.txt").read_text() in first


def test_a_comparison_is_made_again_where_a_run_or_the_question_has_changed(sweep, compose_config, monkeypatch):
    made = []
    compare = lambda folder, *asked, question: made.append(question) or "said"  # noqa: E731
    for seed in (0, 1, 2):
        runs.run(compose_config, {"seed": seed})
    make_sweep(sweep(None))
    monkeypatch.setattr("wordorder.comparing.compare_folder", compare)
    make_sweep(sweep(None))
    assert made == []
    RunRecord(folders(compose_config)[0]).update(note="x")
    make_sweep(sweep(None))
    assert made == [""]


@pytest.fixture
def write_rate(here):
    """write_rate("0.5") -> the words that choose an optimizer's yaml which says this learning rate."""

    def write(rate: str) -> list[str]:
        (here / "conf" / "optimizer").mkdir(parents=True, exist_ok=True)
        (here / "conf" / "optimizer" / "mine.yaml").write_text(f"defaults: [adamw, _self_]\nlr: {rate}\n")
        return [*runs.words(), f"hydra.searchpath=[file://{here}/conf]", "optimizer=mine"]

    return write


@pytest.mark.parametrize("output_dir", ["outputs", "it's a ${place}, too"])
def test_a_config_that_is_edited_after_the_plan_was_made_is_not_trained(output_dir, write_rate, monkeypatch, capfd):
    words = ["-m", *write_rate("0.002"), "seed=0,1", "hydra/launcher=basic", f"output_dir={quote(output_dir)}"]
    launch = making.launch

    def launch_edited(expansion, planned):
        write_rate("0.001")
        return launch(expansion, planned)

    with monkeypatch.context() as patch:
        patch.setattr(making, "launch", launch_edited)
        assert runs.typed("train", *words) == 1
    said = capfd.readouterr().err
    assert f"{output_dir}/adhoc/learned-byte-text_file-s0-" in said
    assert "a config, a text, a tokenizer's file or the weights that it begins from have changed" in said
    assert not list(Path(output_dir).glob("adhoc/*"))
    assert runs.typed("train", *words) == 0  # of the plan that is made now
    assert len(list(Path(output_dir).glob("adhoc/*/run.json"))) == 2


def launched_by(launcher: str, *more: str) -> bool:
    """Would a run of this launcher keep its machine from others while it waits?"""
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        words = [f"hydra/launcher={launcher}", *more]
        HydraConfig.instance().set_config(compose("train", words, return_hydra_config=True))
        return command.holds_allocation()


def test_only_a_job_of_slurm_does_not_wait_for_who_holds_its_run(here, compose_config, monkeypatch, capfd):
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    assert launched_by("submitit_slurm", "hydra.job.num=0")
    assert not launched_by("submitit_slurm") and not launched_by("basic", "hydra.job.num=0")
    folder = runs.make_job(compose_config).folder
    folder.mkdir(parents=True)
    monkeypatch.setattr(command, "holds_allocation", lambda: True)
    with FileLock(folder / ".lock"):
        assert runs.typed("train", *runs.words()) == 1
    assert f"wordorder: another process holds {folder}: wait for it, or stop it" in capfd.readouterr().err


def test_what_ended_before_a_moment_is_made_again_and_what_ended_since_is_kept(here, compose_config):
    words = ["-m", *runs.words(), "seed=0,1", "hydra/launcher=basic"]
    assert runs.typed("train", *words) == 0
    first, second = folders(compose_config)[:2]
    ended = [runs.facts_of(folder)["scored_at"] for folder in (first, second)]
    assert ended[0] < ended[1]
    assert runs.typed("train", *words, f"rerun={ended[1]}") == 0
    assert runs.facts_of(first)["scored_at"] > ended[1] == runs.facts_of(second)["scored_at"]
    assert runs.typed("train", *words, f"rerun={ended[1]}") == 0
    assert runs.facts_of(second)["scored_at"] == ended[1]


def test_the_pool_is_asked_for_all_that_had_ended_when_the_command_was_typed(sweep, monkeypatch):
    asked = []
    monkeypatch.setattr(making, "begin", lambda config: None)
    monkeypatch.setattr(making, "run_all", lambda tasks, **_: asked.extend(task.rerun for task in tasks) or [])
    runs_of = lambda rerun: [plans.planned(Path(name), words=[], rerun=rerun) for name in "ab"]  # noqa: E731
    making.launch(replace(sweep(None), n_jobs=1), runs_of("all"))
    making.launch(replace(sweep(None), n_jobs=1), runs_of("stale"))
    assert asked == [keeping.BEGAN, keeping.BEGAN, "stale", "stale"]


def interrupt(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("during", ["obtain", "closing_table", "show_comparison"])
def test_ctrl_c_outside_of_training_is_one_line(during, here, monkeypatch, capfd):
    words = ["-m", *runs.words(), "seed=0", "hydra/launcher=basic"]
    with monkeypatch.context() as patch:
        patch.setattr(making, during, interrupt)
        assert runs.typed("train", *words) == 130
    assert capfd.readouterr().err.endswith("\nwordorder: stopped; the same command goes on\n")
    assert runs.typed("train", *words) == 0


def test_another_sweeper_cannot_hand_its_jobs_to_the_pool(here, capfd):
    assert runs.typed("train", "-m", *runs.words({"seed": "0,1"}), "hydra/sweeper=basic") == 1
    said = (
        "wordorder: hydra/launcher=pool goes with hydra/sweeper=plan: choose hydra/launcher=basic for another sweeper\n"
    )
    assert capfd.readouterr().err == said and not (here / "outputs").exists()
