"""Each kind of unfairness is caught by its name, and a clean comparison has no finding."""

from pathlib import Path
from typing import Any

import pytest

from wordorder.compare.arms import make_arms
from wordorder.compare.audit import CHECKS, Finding, audit, summarize
from wordorder.compare.evidence import Evidence
from wordorder.record.folders import list_runs
from wordorder.record.read import read_runs, read_scores


@pytest.fixture
def find(lab: Path):
    """find() -> the findings on the runs that were added."""

    def find(baseline: str = "none", tuning: dict[str, Any] | None = None) -> list[Finding]:
        arms = sorted(make_arms(list_runs(lab)), key=lambda arm: arm.label != baseline)
        return audit(Evidence(read_runs(lab), read_scores(lab), arms, tuning or {}))

    return find


@pytest.fixture
def pair(add_run):
    """Two schemes, three seeds each."""
    return [add_run(position, seed) for position in ("none", "rope") for seed in (0, 1, 2)]


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def test_two_schemes_of_three_seeds_are_a_clean_comparison(pair, find):
    assert find() == []
    assert summarize([]) == f"Fairness audit: {len(CHECKS)} checks, nothing found."


PLANTED: dict[str, dict[str, Any]] = {
    "more than one factor": {"config": {"optimizer": {"lr": 0.004}}},
    "unequal budgets": {"facts": {"tokens": 1_400_000}},
    "unequal parameters": {"facts": {"parameters": {"total": 1_100_000, "embedding": 131_072, "position": 0}}},
    "unequal vocabularies": {"facts": {"vocabulary": {"requested": 1024, "actual": 900}}},
    "failed runs": {"facts": {"status": "failed", "reason": "the loss is nan"}},
    "different data": {"facts": {"digests": {"tokenizer": "a" * 64, "data": "e" * 64}}},
    "different evaluations": {"facts": {"evaluations": {"bits_per_byte": "f" * 16}}},
    "different tokenizers": {"facts": {"digests": {"tokenizer": "b" * 64, "data": "d" * 64}}},
    "different code": {"facts": {"code": "f" * 64}},
    "different precision": {"config": {"trainer": {"precision": "bf16", "unit": "tokens"}}},
    "different kernels": {"facts": {"kernel": "bias"}},
    "different machines": {"facts": {"host": {"name": "other", "system": "Linux", "processor": "Some CPU"}}},
}
BESIDES = {  # what is true of the planted fault as well
    "failed runs": {"missing seeds"},
    "different precision": {"more than one factor"},
}


@pytest.mark.parametrize("kind", PLANTED)
def test_an_unfair_arm_is_caught_by_name(kind, add_run, find):
    facts = {"parameters": {"total": 950_000, "embedding": 131_072, "position": 0}}
    fair = {"trainer": {"precision": "fp32", "unit": "tokens"}}
    planted = PLANTED[kind]
    for seed in (0, 1, 2):
        add_run("none", seed, facts=facts, config=dict(fair))
        add_run("rope", seed, facts=facts | planted.get("facts", {}), config=fair | planted.get("config", {}))
    assert set(kinds(find())) == {kind} | BESIDES.get(kind, set())


def test_a_factor_beside_the_studied_one_is_named_with_its_values(add_run, find):
    add_run("none")
    add_run("rope", config={"optimizer": {"lr": 0.004}})
    (finding,) = find()
    assert finding.kind == "more than one factor"
    assert finding.said.startswith("rope") and "optimizer.lr 0.001 → 0.004" in finding.said


def test_every_combination_of_two_factors_is_fair(add_run, find):
    for position in ("none", "rope"):
        for lr in (0.001, 0.004):
            add_run(position, config={"optimizer": {"lr": lr}})
    assert find(baseline="") == []


def test_several_keys_of_one_section_are_several_factors(add_run, find):
    add_run("rope", config={"optimizer": {"beta2": 0.95, "weight_decay": 0.1}})
    add_run("rope", config={"optimizer": {"lr": 0.004, "beta2": 0.99, "weight_decay": 0.0}})
    (finding,) = find(baseline="")
    assert finding.kind == "more than one factor"
    for said in ("optimizer.lr 0.001 → 0.004", "optimizer.beta2 0.95 → 0.99", "optimizer.weight_decay 0.1 → 0"):
        assert said in finding.said


def test_keys_inside_of_one_of_several_choices_are_factors_among_its_arms(add_run, find):
    add_run("none", facts={"kernel": "sdpa"})
    add_run("rope")  # theta 10000
    add_run("rope", config={"position": {"theta": 500000.0}})
    assert find() == []  # rope's theta is no difference to none, nor a cell that none lacks
    add_run("rope", config={"position": {"theta": 20000.0, "scaling": 2.0}})
    (finding,) = find()
    assert finding.kind == "more than one factor" and "position.theta" in finding.said
    assert "position.scaling – → 2" in finding.said


def test_all_that_a_choice_brings_is_one_factor(add_run, find):
    choices = {"position": "rope", "tokenizer": "bpe", "source": "python_docs", "model": "nano"}
    add_run("rope", config={"optimizer": {"beta2": 0.95}}, facts={"choices": choices | {"optimizer": "adamw"}})
    other = {"lr": 0.02, "beta2": 0.99}
    add_run("rope", config={"optimizer": other}, facts={"choices": choices | {"optimizer": "muon"}})
    assert find(baseline="") == []


def test_a_number_that_follows_another_of_its_section_is_no_factor(add_run, find):
    for size in (16, 32):
        add_run("rope", config={"trainer": {"batch_size": size, "micro_batch_size": size}})
    assert find(baseline="") == []
    add_run("rope", config={"trainer": {"batch_size": 32, "micro_batch_size": 16}})
    assert "more than one factor" not in kinds(find(baseline=""))
    add_run("rope", config={"trainer": {"batch_size": 64, "micro_batch_size": 8}})
    assert "more than one factor" in kinds(find(baseline=""))


def test_arms_of_several_texts_are_named(add_run, find):
    for position in ("none", "rope"):
        add_run(position)
    choices = {"position": "none", "tokenizer": "bpe", "source": "grammar", "model": "nano"}
    facts = {"choices": choices, "digests": {"tokenizer": "a" * 64, "data": "e" * 64}}
    add_run("none", facts=facts, config={"source": {"_target_": "wordorder.source.grammar.Grammar"}})
    (finding,) = [one for one in find(baseline="") if one.kind == "different data"]
    assert finding.said.startswith("Arms are of 2 texts (none, grammar; none, python_docs, rope, python_docs)")


def test_an_arm_that_no_steps_of_one_factor_lead_to_is_caught_among_others_that_are_apart(add_run, find):
    for position, lr in (("none", 0.001), ("rope", 0.001), ("none", 0.004), ("alibi", 0.002)):
        add_run(position, facts={"kernel": "sdpa"}, config={"optimizer": {"lr": lr}})
    (finding,) = [one for one in find(baseline="none, optimizer.lr=0.001") if one.kind == "more than one factor"]
    assert finding.said.startswith(
        "alibi, optimizer.lr=0.002 differs from none, optimizer.lr=0.001 in position and optimizer"
    )


def test_arms_are_told_apart_whichever_stands_first(add_run, find):
    for position, lr in (("none", 0.001), ("rope", 0.001), ("none", 0.004)):
        add_run(position, config={"optimizer": {"lr": lr}})
    assert "more than one factor" not in kinds(find(baseline="rope, optimizer.lr=0.001"))


@pytest.mark.parametrize("key", ["d_model", "n_layers"])
def test_sizes_have_no_best_value_and_so_no_edge(key, add_run, find):
    for n, size in enumerate((64, 128, 256)):
        add_run("rope", shift=-0.1 * n, config={"model": {key: size}})
    assert "optimum at the edge of its grid" not in kinds(find(baseline=""))


def test_equal_tokens_of_different_tokenizers_are_unequal_text(add_run, find):
    for name, n_bytes in (("bpe", 1_750_000), ("byte", 700_000)):
        facts = {"choices": {"position": "rope", "tokenizer": name, "source": "python_docs", "model": "nano"}}
        facts |= {"digests": {"tokenizer": name, "data": "d"}, "bytes": n_bytes}
        add_run("rope", facts=facts, config={"tokenizer": {"_target_": f"wordorder.tokenizer.{name}.X"}})
    (finding,) = find(baseline="")
    assert finding.kind == "unequal budgets" and "byte 700,000 bytes" in finding.said


def test_runs_of_several_numbers_of_processes_are_named(add_run, find):
    add_run("none", facts={"processes": 1})
    add_run("rope", facts={"processes": 2})
    assert [(one.kind, "2 numbers of processes (1, 2)" in one.said) for one in find()] == [("different machines", True)]


def test_one_factor_at_a_time_is_fair(add_run, find):
    add_run("none")
    add_run("rope")
    add_run("none", config={"optimizer": {"lr": 0.004}})
    assert "more than one factor" not in kinds(find(baseline="none, optimizer.lr=0.001"))


def test_a_factor_that_was_tuned_for_each_arm_may_differ(add_run, find):
    add_run("none")
    add_run("rope", config={"optimizer": {"lr": 0.004}})
    assert find(tuning={"key": "optimizer.lr", "arms": []}) == []


def test_a_combination_that_nobody_ran_is_a_missing_cell(add_run, find):
    for position, lr in (("none", 0.001), ("none", 0.004), ("rope", 0.001)):
        add_run(position, config={"optimizer": {"lr": lr}})
    (cells,) = [finding for finding in find(baseline="") if finding.kind == "missing cells"]
    assert cells.said.startswith("1 of 4 combinations of position and optimizer.lr have no run")


def test_a_seed_that_an_arm_lacks_is_named(pair, add_run, find):
    add_run("rope", 3)
    assert [(one.kind, one.said) for one in find()] == [("missing seeds", "none has no finished run of seed 3.")]


def test_a_seed_that_was_run_twice_is_named(pair, add_run, find):
    add_run("rope", 2)
    assert kinds(find()) == ["runs of the same seed"]


@pytest.mark.parametrize(("best", "which"), [(0.0005, "smallest"), (0.004, "largest"), (0.002, "")])
def test_an_optimum_at_the_edge_of_its_grid_is_named(best, which, add_run, find):
    for lr in (0.0005, 0.001, 0.002, 0.004):
        add_run("rope", shift=0.0 if lr == best else 0.1, config={"optimizer": {"lr": lr}})
    found = [one.said for one in find(baseline="") if one.kind == "optimum at the edge of its grid"]
    assert len(found) == bool(which) and all(which in said and str(best) in said for said in found)


def test_an_optimum_that_tuning_left_at_an_edge_is_named(pair, find):
    (finding,) = find(tuning={"key": "optimizer.lr", "arms": [{"arm": "rope", "chosen": 0.004, "edge": "largest"}]})
    assert finding.kind == "optimum at the edge of its grid" and "rope" in finding.said and "0.004" in finding.said


def test_code_that_changed_between_an_arm_s_seeds_is_named(add_run, find):
    for seed in (0, 1):
        add_run("none", seed, facts={"shelf_code": "1" * 64})
        add_run("rope", seed, facts={"shelf_code": str(seed) * 64})
    (finding,) = find()
    assert finding.kind == "different code" and "rope" in finding.said


def test_the_summary_counts_and_names_the_kinds(pair, add_run, find):
    add_run("rope", 2, facts={"kernel": "bias"})
    said = summarize(find())
    assert said == f"Fairness audit: 2 findings in {len(CHECKS)} checks: runs of the same seed, different kernels."
