"""What every evaluation promises, each yaml in conf/evaluation, as far as it is the same for all."""

import inspect
import json
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_origin

import pytest
import yaml
from subjects import LENGTH, SIZES, asked, uniform

from wordorder.check import locate
from wordorder.data.building import open_store
from wordorder.evaluation.base import Evaluation, Item, Subject
from wordorder.evaluation.calls import TOKENS_A_CALL
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "evaluation"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/evaluation").glob("*.py"))
SHARED = ("__init__", "base", "answers", "benefit", "calls", "contexts", "excerpts", "majority", "quantiles", "stream")
SHARED += ("texts", "windows")
SHELF = [name for name in SHELF if name not in SHARED]

each_evaluation = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("name", ["length_sweep", "position_in_context", "word_order"])
def test_a_question_about_streams_is_not_put_to_single_documents(name, make_evaluation, answering):
    evaluation = make_evaluation(name)
    scores = list(evaluation.scores(evaluation.run(answering("rope"))))
    assert scores and all(score.value is None and "row of its own" in score.why for score in scores)


# Every evaluation.


@each_evaluation
def test_scores_are_made_of_items_without_a_model(name, make_evaluation, subject_for):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_for(name, "learned")))
    scores = list(evaluation.scores(items))
    stored = [Item(**json.loads(json.dumps({"facts": item.facts, "sums": item.sums}))) for item in items]
    assert scores and list(make_evaluation(name).scores(iter(stored))) == scores


@each_evaluation
def test_the_same_question_has_the_same_answer(name, make_evaluation, subject_for):
    subject = subject_for(name, "rope")
    assert list(make_evaluation(name).run(subject)) == list(make_evaluation(name).run(subject))


@each_evaluation
@pytest.mark.parametrize("position", ["rope", "learned"])
def test_an_evaluation_that_was_stopped_goes_on_to_the_same_bits(
    name, position, make_evaluation, subject_for, monkeypatch
):
    monkeypatch.setitem(TOKENS_A_CALL, "cpu", 4 * LENGTH)
    monkeypatch.setattr("wordorder.evaluation.word_order.AT_ONCE", 5)
    subject, told = subject_for(name, position), []
    asked_of = replace(subject, advance=told.append)
    whole = list(make_evaluation(name).run(asked_of))
    n_asked = sum(told)
    for done in {0, 1, *range(0, len(whole), 13), len(whole) - 1, len(whole)}:
        told.clear()
        assert list(make_evaluation(name).run(asked_of, done=done)) == whole[done:]
        assert sum(told) <= n_asked and (sum(told) < n_asked or done <= len(whole) // 2)
    told.clear()
    assert not list(make_evaluation(name).run(asked_of, done=len(whole))) and not told


@each_evaluation
def test_a_score_is_the_sum_of_its_items(name, make_evaluation, subject_for):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_for(name, "rope")))
    for score in evaluation.scores(items):
        if score.metric == "bits_per_byte" and score.value is not None:
            own = [item for item in asked(items) if score.facts.items() <= item.facts.items()]
            nats, n_bytes, n_tokens = (sum(item.sums[key] for item in own) for key in ("nats", "bytes", "tokens"))
            assert score.value == pytest.approx(nats / n_bytes / math.log(2), rel=1e-12)
            assert score.count == n_tokens > 0


@each_evaluation
def test_the_order_of_items_does_not_matter(name, make_evaluation, subject_for):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_for(name, "learned")))
    mixed = random.Random(0).sample(items, len(items))

    def by_facts(scores):
        return {(score.metric, json.dumps(score.facts, sort_keys=True)): score for score in scores}

    ours, theirs = by_facts(evaluation.scores(items)), by_facts(evaluation.scores(mixed))
    assert ours.keys() == theirs.keys()
    for key, score in ours.items():
        assert (score.count, score.why) == (theirs[key].count, theirs[key].why)
        assert score.value == (None if theirs[key].value is None else pytest.approx(theirs[key].value, rel=1e-12))


@each_evaluation
def test_a_model_that_knows_nothing_needs_the_logarithm_of_the_vocabulary(
    name, make_evaluation, subject_for, monkeypatch
):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(uniform(subject_for(name, "rope"), monkeypatch)))
    for item in asked(items):
        if name == "tokenization":
            assert "nats" not in item.sums  # the model is not asked
            continue
        if name == "exact_match":
            assert item.sums["hits"] == item.sums["tokens_right"] == 0  # the first choice is the first id
            continue
        assert item.sums["nats"] == pytest.approx(math.log(257) * item.sums["tokens"], rel=1e-6)
    for score in evaluation.scores(items):
        if score.metric == "bits_per_byte" and score.value is not None:  # a token is a byte
            assert score.value == pytest.approx(math.log2(257), rel=1e-6)


@each_evaluation
def test_what_cannot_be_asked_is_said_and_has_no_number(name, make_evaluation, subject_for):
    evaluation = make_evaluation(name)
    subject = subject_for(name, "learned")
    items = list(evaluation.run(subject))
    assert subject.max_length == LENGTH
    for score in evaluation.scores(items):
        beyond = score.facts.get("range") == "out"
        beyond |= score.facts.get("length", 0) > LENGTH and score.facts.get("position_end", LENGTH + 1) > LENGTH
        assert (score.value is None) == beyond
        assert (score.why == f"Learned ends at position {LENGTH}") == beyond
        assert (score.count == 0) == beyond
    none = list(evaluation.scores(evaluation.run(subject_for(name, "none"))))
    assert [score.facts for score in none] == [score.facts for score in evaluation.scores(items)]
    assert all(score.value is not None and math.isfinite(score.value) for score in none)


@each_evaluation
def test_arguments_that_ask_nothing_are_refused(name, make_evaluation):
    for key in ("tokens", "factor", "k", "targets", "documents", "quantiles", "gate", "pairs", "bytes"):
        parameter = inspect.signature(type(make_evaluation(name))).parameters.get(key)
        if parameter and get_origin(parameter.annotation) is not Literal:
            with pytest.raises(ValueError, match=f"evaluation.{name}.{key}=-1"):
                make_evaluation(name, **{key: -1})


@each_evaluation
def test_a_progress_bar_is_told(name, make_evaluation, subject_for):
    plain, told = subject_for(name, "none"), []
    list(make_evaluation(name).run(replace(plain, advance=told.append)))
    assert told and all(n > 0 for n in told)


def test_a_text_of_a_few_tokens_is_no_accident(make_evaluation, make_model, tmp_path):
    class Short(Source):
        def documents(self, split):
            yield Document("x" * (LENGTH + 1))

    subject = Subject(
        make_model("none", vocab_size=257, **SIZES).float(), Byte(), open_store(Short(), Byte(), tmp_path), "cpu"
    )
    for name in NAMES:
        evaluation = make_evaluation(name)
        scores = list(evaluation.scores(evaluation.run(subject)))
        assert any(score.value is not None for score in scores) == (name not in ("exact_match", "word_order"))
        assert all(score.value is not None or score.why for score in scores)


# Files.


@each_evaluation
def test_yaml_is_short_stands_in_its_place_and_lists_every_argument(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert text.startswith(f"# @package evaluation.{name}\n# ")
    node = yaml.safe_load(text)
    evaluation = locate(node, "evaluation", ())
    assert list(node)[1:] == list(inspect.signature(evaluation).parameters)
    assert issubclass(evaluation, Evaluation)


@pytest.mark.parametrize("name", SHELF)
def test_an_evaluation_has_a_twin_yaml_a_twin_test_and_a_docstring(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.evaluation.{name}.")
    assert (ROOT / "tests" / "evaluation" / f"test_{name}.py").exists()
    assert (ROOT / "src/wordorder/evaluation" / f"{name}.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
