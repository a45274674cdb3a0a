"""What every process of a run makes by itself is the same."""

from pathlib import Path

import pytest
import runs
import torch

from wordorder.errors import InputError
from wordorder.parts import inherited, make_part, prepare
from wordorder.training.engine import make_batches


def test_two_makings_have_the_same_weights_and_rows(here, compose_config):
    parts = []
    for _ in range(2):
        job = runs.make_job(compose_config)
        store = prepare(job)
        parts.append((job, make_part(job, store, job.make_model(store))))
    (_, one), (job, two) = parts
    for ours, theirs in zip(one.model.parameters(), two.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(make_batches(job.fit, one)[7], make_batches(job.fit, two)[7], strict=True):
        assert ours is None and theirs is None or torch.equal(ours, theirs)


def test_a_text_that_changes_while_a_run_is_prepared_is_refused(here, compose_config):
    job = runs.make_job(compose_config)
    assert job.folder.name  # by the digest of the text as it is
    file = Path(job.config["source"]["train"])
    file.write_text(file.read_text() + "more")
    with pytest.raises(InputError, match="changed since this command began"):
        prepare(job)


def test_a_warm_start_takes_the_scheme_s_weights_only_from_the_same_scheme(here, compose_config):
    parent = runs.run(compose_config, {"trainer.budget": 2, "evaluation": "[]"}).folder
    same = {"initialize_from": parent, "name": "warm"}
    assert inherited(runs.make_job(compose_config, same)) == ("",)
    other = runs.make_job(compose_config, same | {"position.init_std": 0.5})
    assert "position." not in inherited(other) and "embedding." in inherited(other)
    store = prepare(other)
    fresh = other.make_model(store)
    drawn = {name: weight.clone() for name, weight in fresh.named_parameters()}
    taken = dict(make_part(other, store, fresh).model.named_parameters())
    kept = {name for name in drawn if torch.equal(drawn[name], taken[name])}
    assert {name for name in kept if name.startswith("position.")} and "embedding.weight" not in kept
