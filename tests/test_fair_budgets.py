"""Equal bytes and equal operations across tokenizers, from the config to the record."""

import pytest
import runs

import wordorder

pytestmark = pytest.mark.usefixtures("here")

WORDS = {"position": "rope", "evaluation": "[bits_per_byte]", "evaluation.bits_per_byte.tokens": 512}
WORDS |= {"record.validate_steps": 0, "model.dropout": 0.0}
BPE = {"tokenizer": "bpe", "tokenizer.vocab_size": 300}


def facts_with(compose_config, changed) -> dict:
    outcome = runs.run(compose_config, WORDS | changed)
    assert outcome.status == "done"
    return runs.facts_of(outcome.folder)


def test_a_context_in_bytes_is_fewer_tokens_where_a_token_holds_more(compose_config):
    words = {"data.context_unit": "bytes", "model.context_length": 40, "trainer.budget": 3}
    lengths = {}
    for name, changed in (("byte", {}), ("bpe", BPE)):
        facts = facts_with(compose_config, words | changed)
        assert facts["context_length"] == round(40 / facts["text"]["bytes_per_token"])
        model, _, config = wordorder.load(f"outputs/adhoc/{facts['run']}")
        assert model.context_length == facts["context_length"] and config["model"]["context_length"] == 40
        lengths[name] = facts["context_length"]
    assert lengths["bpe"] < lengths["byte"]


@pytest.mark.parametrize(("unit", "budget"), [("bytes", 8000.0), ("flops", 2e8)])
def test_a_budget_is_spent_whatever_the_tokenizer(unit, budget, compose_config):
    for changed in ({}, BPE):
        facts = facts_with(compose_config, changed | {"trainer.unit": unit, "trainer.budget": budget})
        a_step = facts[unit] / facts["steps"]
        assert abs(facts[unit] - budget) <= 0.5 * a_step + 1


def test_documents_kept_apart_train_to_other_weights_and_the_kernel_is_recorded(compose_config):
    many = {"source.document_bytes": 400, "trainer.budget": 3}
    across, apart = (facts_with(compose_config, many | {"data.attend_across": v}) for v in ("true", "false"))
    assert across["digests"]["weights"] != apart["digests"]["weights"]
    assert (across["kernel"], apart["kernel"]) == ("sdpa", "bias")
