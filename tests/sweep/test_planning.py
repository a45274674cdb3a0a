"""A plan has the folders that training uses, refuses what training refuses, and asks a text once."""

from copy import deepcopy
from pathlib import Path

import pytest
import runs

from wordorder.errors import InputError
from wordorder.source.text_file import TextFile
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.planning import make_plan

CHOICES = {"position": "learned", "tokenizer": "byte", "source": "text_file"}


@pytest.fixture
def plan(tmp_path, monkeypatch, compose_config):
    """plan(["seed=0"], ["seed=1"]) -> the plan of these runs."""
    runs.write_text(tmp_path / "my.txt")
    monkeypatch.chdir(tmp_path)

    def make(*points):
        compose = lambda words: (deepcopy(compose_config(*runs.words(), *words)), dict(CHOICES))  # noqa: E731
        return make_plan(Expansion(list(points), compose, [], [], Path("outputs"), 0))

    return make


def test_the_folders_are_those_of_the_jobs(plan, compose_config):
    planned = plan(["seed=0"], ["seed=1"], ["optimizer.lr=1"])
    jobs = [runs.make_job(compose_config, changed) for changed in ({}, {"seed": 1}, {"optimizer.lr": 1})]
    assert [run.folder for run in planned.runs] == [str(job.folder) for job in jobs]
    assert [run.evaluations for run in planned.runs] == [job.evaluation_ids() for job in jobs]
    assert planned.runs[0].arm == planned.runs[1].arm != planned.runs[2].arm
    assert [arm.config["optimizer.lr"] for arm in planned.arms] == [jobs[0].config["optimizer"]["lr"], 1]
    assert {arm.folder for arm in planned.arms} == {str(jobs[0].folder.parent)}


def test_a_run_that_is_asked_twice_is_one_run(plan):
    assert [run.words for run in plan(["seed=0"], ["seed=0", "optimizer.betas=[0.9,0.95]"]).runs] in (
        [["seed=0"]],
        [["seed=0", "optimizer.betas=[0.9,0.95]"]],
    )


def test_a_text_is_read_once_and_held(plan, monkeypatch):
    asked = []
    digest = TextFile.digest
    monkeypatch.setattr(TextFile, "digest", lambda self: asked.append(self) or digest(self))
    held = plan(["seed=0"], ["seed=1"], ["seed=2"]).held
    assert len(asked) == 1 and len(held.sources) == 1 and held.same()
    assert held.tokenizers == held.parents == held.packages == []


def test_texts_that_differ_are_asked_each(plan, tmp_path):
    runs.write_text(tmp_path / "other.txt", seed=1)
    planned = plan([], ["source.train=other.txt"])
    assert len(planned.held.sources) == len({run.folder for run in planned.runs}) == 2


@pytest.mark.parametrize(
    ("word", "said"), [("optimizer.lr=fast", "optimizer.lr='fast' must be"), ("source.train=no.txt", "does not exist")]
)
def test_what_training_refuses_is_refused(word, said, plan):
    with pytest.raises(InputError, match=said):
        plan(["seed=0"], [word])


def test_a_text_too_short_for_its_context_is_refused_wherever_in_the_sweep(plan, tmp_path):
    (tmp_path / "my.txt").write_text("a few words, cut in three.\n\n" * 60)
    plan(["model.context_length=16"])
    with pytest.raises(InputError, match="too few for model.context_length=4096"):
        plan(["model.context_length=16"], ["model.context_length=4096"])


def test_a_tuning_run_is_asked_of_the_whole_validation_split_alone(plan, compose_config):
    job = runs.make_job(compose_config, {"tuning": "true"})
    (evaluation,) = job.evaluations.values()
    assert (evaluation.split, evaluation.tokens) == ("val", 0)
    assert job.evaluation_ids().keys() == job.config["evaluation"].keys() == {"bits_per_byte"}
    assert job.folder == runs.make_job(compose_config).folder


def test_what_the_final_runs_would_be_refused_for_is_refused_of_their_tuning(plan):
    with pytest.raises(InputError, match="^evaluation.bits_per_byte.tokens=-1 must not be negative"):
        plan(["tuning=true", "evaluation.bits_per_byte.tokens=-1"])
