"""Scores of other texts, and those that were asked otherwise, are named and not held against each other."""

import json

import pytest

from wordorder.compare.arms import make_arms
from wordorder.compare.comparable import ASKED_OTHERWISE, OTHER_TEXT, find_evaluations, find_obstacle, name_texts
from wordorder.compare.evidence import Evidence
from wordorder.record.folders import list_runs
from wordorder.record.read import read_runs, read_scores

GRAMMAR = {
    "choices": {"position": "rope", "tokenizer": "bpe", "source": "grammar", "model": "nano"},
    "digests": {"tokenizer": "a" * 64, "data": "e" * 64},
    "evaluations": {"bits_per_byte": "9" * 16, "length_sweep": "9" * 16, "position_in_context": "9" * 16},
}


@pytest.fixture
def read(lab):
    return lambda: Evidence(read_runs(lab), read_scores(lab), make_arms(list_runs(lab)), {})


def find(evidence, *, evaluation="bits_per_byte", same_text=True):
    """Why the second arm is not to be held against the first."""
    baseline, arm = evidence.arms[:2]
    return find_obstacle(evidence, arm, baseline, evaluation=evaluation, same_text=same_text)


def add_digest(folder, digest):
    own = {"evaluation": "length_sweep", "evaluation_id": "e" * 16, "metric": "documents", "count": 9, "why": ""}
    with (folder / "scores.jsonl").open("a") as file:
        file.write(json.dumps(own | {"value": 3.0, "facts": {"split": "test", "digest": digest}}) + "\n")


def test_runs_of_one_text_asked_in_one_way_have_no_obstacle(add_run, read):
    for seed in (0, 1):
        for position in ("none", "rope"):
            add_digest(add_run(position, seed), "same")
    assert find(read()) == "" and list(find_evaluations(read())) == []


def test_other_texts_matter_to_bits_per_byte_and_not_to_answers(add_run, read):
    add_run("rope")
    add_run("rope", facts=GRAMMAR, config={"source": {"_target_": "wordorder.source.grammar.Grammar"}})
    assert find(read()) == OTHER_TEXT
    assert find(read(), same_text=False) == ""  # an identity holds the text, so it says nothing of how it was asked
    assert list(find_evaluations(read())) == []


@pytest.mark.parametrize("within", [False, True], ids=["between arms", "within an arm"])
def test_what_was_asked_in_two_ways_is_named_with_what_differs(add_run, read, within):
    for seed in (0, 1):
        add_run("none", seed, facts={"asked": {"bits_per_byte": {"split": "test", "tokens": 0}}})
        ids = {"bits_per_byte": "f" * 16} if seed or not within else {"bits_per_byte": "e" * 16}
        tokens = 500 if ids["bits_per_byte"][0] == "f" else 0
        add_run(
            "rope", seed, facts={"evaluations": ids, "asked": {"bits_per_byte": {"split": "test", "tokens": tokens}}}
        )
    (said,) = find_evaluations(read())
    assert said.startswith("bits_per_byte was asked in 2 ways (tokens=0: none")
    assert said.endswith("tokens=500: rope).") and ("none, rope" in said) == within
    assert find(read()) == ASKED_OTHERWISE and find(read(), evaluation="exact_match") == ""


def test_runs_that_did_not_record_what_they_were_asked_are_named_by_identity(add_run, read):
    add_run("none")
    add_run("rope", facts={"evaluations": {"bits_per_byte": "f" * 16}})
    assert list(find_evaluations(read())) == ["bits_per_byte was asked in 2 ways (eeeeeeee: none; ffffffff: rope)."]


def test_one_question_about_other_documents_is_named(add_run, read):
    for position in ("none", "rope"):
        add_digest(add_run(position), position)
    assert list(find_evaluations(read())) == ["length_sweep has scored 2 sets of documents (none; rope)."]


def test_a_text_is_its_digest_or_its_source_where_not_all_have_one(add_run, lab):
    add_run("none")
    assert name_texts(read_runs(lab)).tolist() == ["d" * 64]
    add_run("rope", facts={"digests": {"tokenizer": "a" * 64}})
    assert name_texts(read_runs(lab)).tolist() == ["python_docs", "python_docs"]
