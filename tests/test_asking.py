"""A run that is asked under another scheme than its own, and what is refused before anything is asked."""

import re

import pytest
import runs
import torch

from wordorder import asking
from wordorder.errors import InputError
from wordorder.record.run_record import RunRecord


def test_the_scheme_under_which_a_run_is_asked_is_made_once_and_its_scores_are_others(here, compose_config):
    folder = runs.run(compose_config, {"position": "rope", "trainer.budget": 2, "evaluation": "[]"}).folder
    made = []

    def under(theta: float):
        def override(trained: dict) -> dict:
            made.append(trained["position"] | {"theta": theta})
            return made[-1]

        return override

    for overrides, theta in (([], 10000.0), (["position.theta=2"], 2.0)):
        words = (f"run={folder}", "evaluation=[bits_per_byte]", "device=cpu")
        config = compose_config(*words, config_name="evaluate") | {"overrides": overrides}
        asking.evaluate(config, {}, typed=[], override=under(theta))
    assert len(made) == 2
    scores = {row["evaluation"]: row["value"] for row in runs.rows_of(folder / "scores.jsonl")}
    assert len(scores) == 2 and len(set(scores.values())) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"device": "cuba"}, "device='cuba' must be one of auto, cpu, cuda"),
        ({"threads": 0}, "threads=0 must be at least 1"),
        ({"threads": -2}, "threads=-2 must be at least 1"),
        ({"threads": 1.5}, "threads=1.5 must be a whole number"),
        ({"name": "a b"}, "name='a b' becomes a folder"),
        ({"run": ""}, "say what to evaluate"),
    ],
    ids=str,
)
def test_a_bad_key_is_refused_before_anything_is_opened(changed, said, compose_config, monkeypatch):
    monkeypatch.setattr(asking, "open_run", lambda *_: pytest.fail("opened"))
    config = compose_config("run=outputs/one", config_name="evaluate") | changed
    before = torch.get_num_threads()
    with pytest.raises(InputError, match=f"^{re.escape(said)}"):
        asking.evaluate(config, {}, typed=[], override=lambda trained: trained["position"])
    assert torch.get_num_threads() == before


def test_a_run_whose_record_is_damaged_gets_one_sentence(here, capfd):
    record = RunRecord(here / "outputs" / "lab" / "one")
    record.create({}, {"status": "done", "experiment": "lab"})
    whole = (record.folder / "run.json").read_text(encoding="utf-8")
    (record.folder / "run.json").write_text(whole[:-9], encoding="utf-8")
    for words in (f"run={record.folder}", "experiment=lab"):
        assert runs.typed("evaluate", words) == 1
        err = capfd.readouterr().err
        assert "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
        assert "one/run.json: not JSON" in err and "remove the run's folder and run it again" in err
