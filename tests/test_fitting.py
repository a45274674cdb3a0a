"""Where a run goes on from, and whose memory its record tells of."""

import pytest
import runs
import torch

from wordorder import fitting, run
from wordorder.errors import InputError
from wordorder.fitting import resume_step
from wordorder.parts import prepare
from wordorder.record.run_record import RunRecord
from wordorder.training.flops import count_flops


@pytest.fixture
def job(here, compose_config):
    return runs.make_job(compose_config)


def make_record(job, *, step: int, training: str, facts: bool = True, **changed) -> RunRecord:
    """A record with a checkpoint of this step that a run of this identity has written."""
    record = RunRecord(job.folder)
    if facts:
        record.create(job.config, {"status": "running"})
    record.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    own = {"training": training, "config": job.config | changed}
    torch.save({"global_step": step, "callbacks": {"recording": {"own": own}}}, record.checkpoint)
    return record


def test_a_run_without_a_checkpoint_begins_at_the_start(job):
    record = RunRecord(job.folder)
    record.create(job.config, {"status": "running"})
    assert resume_step(job, record) == 0


def test_a_run_goes_on_from_the_step_of_its_checkpoint(job):
    assert resume_step(job, make_record(job, step=7, training=job.identity)) == 7


def test_a_checkpoint_without_a_record_is_not_gone_on_from(job):
    assert resume_step(job, make_record(job, step=7, training=job.identity, facts=False)) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"weight_seed": 99}, "weight_seed=99 there, 0 here; delete it"), ({}, "its text differs; delete it")],
)
def test_a_checkpoint_of_another_run_is_refused_with_what_differs(changed, said, job):
    record = make_record(job, step=7, training="another", **changed)
    with pytest.raises(InputError, match=f"last.ckpt belongs to another config: {said}"):
        resume_step(job, record)


def test_memory_is_that_of_training_alone(here, compose_config, monkeypatch):
    """What comes before the first step is forgotten, and what comes after the last is not looked at."""
    said, peaks = [], iter([123])
    engine_run, score = fitting.engine.run, run.score_missing
    monkeypatch.setattr(fitting, "forget_peak", lambda device: said.append("forgotten"))
    monkeypatch.setattr(fitting, "peak_memory", lambda device: said.append("read") or next(peaks))
    monkeypatch.setattr(fitting.engine, "run", lambda *a, **b: said.append("trained") or engine_run(*a, **b))
    monkeypatch.setattr(run, "score_missing", lambda *a, **b: said.append("scored") or score(*a, **b))
    folder = runs.run(compose_config, {"trainer.budget": 2}).folder
    assert said == ["forgotten", "trained", "read", "scored"] and runs.facts_of(folder)["memory_bytes"] == 123


def test_flops_of_a_run_that_was_killed_before_they_were_counted_are_counted_once(here, compose_config, monkeypatch):
    changed = {
        "position": "drope",
        "position@position.scheme": "cope",
        "trainer.budget": 10,
    }  # without a scheme at its end
    asked = []
    monkeypatch.setattr(fitting, "count_flops", lambda *_: asked.append(1) or count_flops(*_))
    folder = runs.run(compose_config, changed).folder
    flops = runs.facts_of(folder)["flops"]
    record = RunRecord(folder)
    del record.facts["flops"]
    record.update(status="running")
    job = runs.make_job(compose_config, changed)
    by_flops = job.make_model(prepare(job)).train()
    assert flops == record.facts["steps"] * job.fit.batch_size * count_flops(by_flops, by_flops.context_length)
    assert runs.run(compose_config, changed).folder == folder and runs.facts_of(folder)["flops"] == flops
    assert runs.run(compose_config, changed | {"evaluation": "[]"}).folder == folder and len(asked) == 2
