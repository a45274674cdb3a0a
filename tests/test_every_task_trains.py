"""Every tokenizer on every task, from the config to the scores of a finished run."""

import layouts
import pytest
import runs
from test_contract_source import SMALL, TASKS
from test_every_tokenizer_meets_every_task import OWN

from wordorder.record.run_record import RunRecord


@pytest.mark.slow
@pytest.mark.parametrize("tokenizer", [*OWN, "pretrained"])
@pytest.mark.parametrize("task", TASKS)
def test_a_run_ends_with_scores_by_length(task, tokenizer, compose_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = {"source": task, "tokenizer": tokenizer, "position": "rope", "model.context_length": 128}
    words |= {f"source.{key}": count for key, count in SMALL.items()}
    if tokenizer == "pretrained":
        words["tokenizer.path"] = layouts.write_gpt2(tmp_path / "gpt2")
    without = {"source.train", "evaluation", "evaluation.bits_per_byte.tokens", "evaluation.position_in_context.tokens"}
    with pytest.MonkeyPatch.context() as small:
        for key in without:
            small.delitem(runs.SMALL, key)
        outcome = runs.run(compose_config, words | {"evaluation": "[bits_per_byte,exact_match]"})
    assert outcome.status == "done"
    scores = {(row["metric"], row["facts"].get("range")): row for row in RunRecord(outcome.folder).scores()}
    assert scores["bits_per_byte", None]["value"] > 0 and scores["unigram", None]["value"] > 0
    for part in ("in", "out"):
        assert 0 <= scores["exact_match", part]["value"] <= 1 and scores["exact_match", part]["count"] > 0
