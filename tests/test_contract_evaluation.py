"""What every evaluation promises, each yaml in conf/evaluation, and what the three of the headline promise besides."""

import inspect
import json
import math
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from wordorder.check import locate, make
from wordorder.data.token_store import open_store
from wordorder.evaluation.base import Evaluation, Item, Subject
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "evaluation"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/evaluation").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", "base")]
LENGTH = 16
CLOSE = 1e-5  # relative; logits are float32
SIZES = {"context_length": LENGTH, "n_heads": 2, "n_kv_heads": 1, "d_model": 8, "d_ff": 16, "n_layers": 1}

each_evaluation = pytest.mark.parametrize("name", NAMES)


class Fixed(Source):
    """A few documents of letters, the first one empty but for a character of four bytes."""

    def documents(self, split):
        draw = random.Random(split)
        yield Document("🙂")
        for length in (1, 40, 3, 200, 0, 150, 90):
            yield Document("".join(draw.choices("abc déf\n", k=length)))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(Fixed(), Byte(), tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def subject_of(make_model, store):
    """subject_of("rope") -> an untrained model with this scheme, and the text."""

    def make_subject(position: str) -> Subject:
        model = make_model(position, vocab_size=257, **SIZES)
        if position == "sinusoidal":
            model = model.initialise(1)
        return Subject(model.float(), Byte(), store, "cpu")

    return make_subject


@pytest.fixture(scope="module")
def make_evaluation(compose_config):
    def make_one(name: str, **arguments) -> Evaluation:
        node = compose_config(f"evaluation=[{name}]")["evaluation"][name]
        return make(node | arguments, f"evaluation.{name}")

    return make_one


def nats_of(subject: Subject, start: int, target: int) -> float:
    """Of one target after the inputs from `start` on: one window at a time, in float64."""
    ids = subject.store.stream("test").ids.astype(np.int64)
    with torch.no_grad():
        logits = subject.model(torch.from_numpy(ids[start:target])[None])[0, -1]
    return -float(logits.double().log_softmax(-1)[ids[target]])


def raw_lengths() -> list[int]:
    return [len(document.text.encode()) for document in Fixed().documents("test")]


def asked(items: list[Item]) -> list[Item]:
    return [item for item in items if "why" not in item.facts]


def uniform(subject: Subject, monkeypatch) -> Subject:
    monkeypatch.setattr(subject.model, "logits", lambda x_BTD: torch.zeros(*x_BTD.shape[:-1], 257))
    return subject


# Every evaluation.


@each_evaluation
def test_scores_are_made_of_items_without_a_model(name, make_evaluation, subject_of):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_of("learned")))
    scores = list(evaluation.scores(items))
    stored = [Item(**json.loads(json.dumps({"facts": item.facts, "sums": item.sums}))) for item in items]
    assert scores and list(make_evaluation(name).scores(iter(stored))) == scores


@each_evaluation
def test_the_same_question_has_the_same_answer(name, make_evaluation, subject_of):
    subject = subject_of("rope")
    assert list(make_evaluation(name).run(subject)) == list(make_evaluation(name).run(subject))


@each_evaluation
def test_a_score_is_the_sum_of_its_items(name, make_evaluation, subject_of):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_of("rope")))
    for score in evaluation.scores(items):
        if score.metric == "bits_per_byte" and score.value is not None:
            own = [item for item in asked(items) if score.facts.items() <= item.facts.items()]
            nats, n_bytes, n_tokens = (sum(item.sums[key] for item in own) for key in ("nats", "bytes", "tokens"))
            assert score.value == pytest.approx(nats / n_bytes / math.log(2), rel=1e-12)
            assert score.count == n_tokens > 0


@each_evaluation
def test_the_order_of_items_does_not_matter(name, make_evaluation, subject_of):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(subject_of("learned")))
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
    name, make_evaluation, subject_of, monkeypatch
):
    evaluation = make_evaluation(name)
    items = list(evaluation.run(uniform(subject_of("rope"), monkeypatch)))
    for item in asked(items):
        assert item.sums["nats"] == pytest.approx(math.log(257) * item.sums["tokens"], rel=1e-6)
    for score in evaluation.scores(items):
        if score.metric == "bits_per_byte" and score.value is not None:  # a token is a byte
            assert score.value == pytest.approx(math.log2(257), rel=1e-6)


@each_evaluation
def test_what_cannot_be_asked_is_said_and_has_no_number(name, make_evaluation, subject_of):
    evaluation = make_evaluation(name)
    subject = subject_of("learned")
    items = list(evaluation.run(subject))
    assert subject.max_length == LENGTH
    for score in evaluation.scores(items):
        beyond = score.facts.get("length", 0) > LENGTH and score.facts.get("position_end", LENGTH + 1) > LENGTH
        assert (score.value is None) == beyond
        assert (score.why == f"Learned ends at position {LENGTH}") == beyond
        assert (score.count == 0) == beyond
    none = list(evaluation.scores(evaluation.run(subject_of("none"))))
    assert [score.facts for score in none] == [score.facts for score in evaluation.scores(items)]
    assert all(score.value is not None and math.isfinite(score.value) for score in none)


@each_evaluation
def test_arguments_that_ask_nothing_are_refused(name, make_evaluation):
    for key in ("tokens", "factor", "k", "targets"):
        if key in inspect.signature(type(make_evaluation(name))).parameters:
            with pytest.raises(ValueError, match=f"evaluation.{name}.{key}=-1"):
                make_evaluation(name, **{key: -1})


@each_evaluation
def test_a_progress_bar_is_told(name, make_evaluation, subject_of):
    plain, told = subject_of("none"), []
    list(make_evaluation(name).run(Subject(plain.model, plain.tokenizer, plain.store, "cpu", told.append)))
    assert told and all(n > 0 for n in told)


# bits_per_byte.


def test_every_byte_counts_once(make_evaluation, subject_of):
    items = list(make_evaluation("bits_per_byte").run(subject_of("rope")))
    assert [item.sums["bytes"] for item in items] == raw_lengths()
    assert [item.sums["tokens"] for item in items] == raw_lengths()  # a token is a byte, an end none
    assert [item.facts["item"] for item in items] == list(range(len(raw_lengths())))


@pytest.mark.parametrize("position", ["none", "rope", "alibi", "sinusoidal", "learned"])
def test_bits_per_byte_is_that_of_one_window_at_a_time(position, make_evaluation, subject_of):
    subject = subject_of(position)
    items = list(make_evaluation("bits_per_byte").run(subject))
    n_targets, nats = len(subject.store.stream("test").ids) - 1, []
    for target in range(1, n_targets + 1):
        start = (target - 1) // LENGTH * LENGTH
        start = min(start, n_targets - LENGTH)  # the last window reaches back
        nats.append(nats_of(subject, start, target))
    first = 0
    for item, n_bytes in zip(items, raw_lengths(), strict=True):
        assert item.sums["nats"] == pytest.approx(sum(nats[first : first + n_bytes]), rel=CLOSE)
        assert item.sums["end_nats"] == pytest.approx(nats[first + n_bytes], rel=CLOSE)
        first += n_bytes + 1
    assert first == n_targets


def test_ends_of_documents_are_in_the_second_number_only(make_evaluation, subject_of, monkeypatch):
    evaluation = make_evaluation("bits_per_byte")
    plain, with_end = evaluation.scores(evaluation.run(uniform(subject_of("none"), monkeypatch)))
    n_bytes, n_documents = sum(raw_lengths()), len(raw_lengths())
    assert (plain.metric, with_end.metric) == ("bits_per_byte", "bits_per_byte_with_end")
    assert (plain.count, with_end.count) == (n_bytes, n_bytes + n_documents)
    assert with_end.value / plain.value == pytest.approx((n_bytes + n_documents) / n_bytes, rel=1e-6)


def test_a_limit_in_tokens_takes_whole_documents_from_the_front(make_evaluation, subject_of):
    whole = list(make_evaluation("bits_per_byte").run(subject_of("none")))
    for tokens, n_items in ((1, 1), (4, 1), (5, 1), (sum(raw_lengths()[:3]) + 3, 3), (sum(raw_lengths()[:3]) + 2, 2)):
        items = list(make_evaluation("bits_per_byte", tokens=tokens).run(subject_of("none")))
        assert [item.facts for item in items] == [item.facts for item in whole[:n_items]]
        assert [item.sums["bytes"] for item in items] == raw_lengths()[:n_items]


# length_sweep.


def by_length(items: list[Item], scoring: str) -> dict[int, list[Item]]:
    groups = defaultdict(list)
    for item in asked(items):
        if item.facts["scoring"] == scoring:
            groups[item.facts["length"]].append(item)
    return dict(groups)


@pytest.mark.parametrize("k", [1, 5, LENGTH, 3 * LENGTH])
def test_last_k_scores_the_same_targets_at_every_length(k, make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[1, 2, 4], k=k, targets=20 * k)
    groups = by_length(list(evaluation.run(subject_of("none"))), "last_k")
    assert list(groups) == [LENGTH, 2 * LENGTH, 4 * LENGTH]
    texts = [[(item.facts["item"], item.sums["bytes"], item.sums["tokens"]) for item in own] for own in groups.values()]
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize("position", ["rope", "alibi", "sinusoidal"])
@pytest.mark.parametrize("k", [5, 3 * LENGTH])
def test_last_k_has_the_nats_of_explicit_windows(position, k, make_evaluation, subject_of):
    subject = subject_of(position)
    evaluation = make_evaluation("length_sweep", factors=[1, 4], k=k, targets=6 * k)
    groups = by_length(list(evaluation.run(subject)), "last_k")
    ids, k = subject.store.stream("test").ids, min(k, LENGTH)
    # blocks: the first has the longest context before its last target, the last ends with the text, evenly spread between
    n_blocks, first, last = len(groups[LENGTH]), 4 * LENGTH - k + 1, len(ids) - k
    blocks = [math.floor(first + n * (last - first) / (n_blocks - 1)) for n in range(n_blocks)]
    assert n_blocks > 3 and all(b - a >= k for a, b in zip(blocks, blocks[1:], strict=False))
    for length, items in groups.items():
        for block, item in zip(blocks, items, strict=True):
            targets = [target for target in range(block, block + k) if ids[target] < 256]
            nats = sum(nats_of(subject, block + k - 1 - length, target) for target in targets)
            assert item.sums["nats"] == pytest.approx(nats, rel=CLOSE)
            assert item.sums["bytes"] == len(targets)


def test_non_overlapping_windows_tile_the_text(make_evaluation, subject_of):
    subject = subject_of("alibi")
    evaluation = make_evaluation("length_sweep", factors=[1, 2], scoring=["non_overlapping"], tokens=200)
    groups = by_length(list(evaluation.run(subject)), "non_overlapping")
    ids = subject.store.stream("test").ids
    for length, items in groups.items():
        assert len(items) == 200 // length
        for number, item in enumerate(items):
            start = number * length
            targets = [target for target in range(start + 1, start + length + 1) if ids[target] < 256]
            nats = sum(nats_of(subject, start, target) for target in targets)
            assert item.sums["nats"] == pytest.approx(nats, rel=CLOSE)


def test_a_length_beyond_the_text_is_said(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[1, 1000])
    scores = list(evaluation.scores(evaluation.run(subject_of("none"))))
    assert {score.facts["factor"]: score.value is None for score in scores} == {1: False, 1000: True}
    assert all("only" in score.why and "tokens" in score.why for score in scores if score.value is None)


def test_a_text_of_a_few_tokens_is_no_accident(make_evaluation, make_model, tmp_path):
    class Short(Source):
        def documents(self, split):
            yield Document("x" * (LENGTH + 1))

    subject = Subject(
        make_model("none", vocab_size=257, **SIZES).float(), Byte(), open_store(Short(), Byte(), tmp_path), "cpu"
    )
    for name in NAMES:
        evaluation = make_evaluation(name)
        assert any(score.value is not None for score in evaluation.scores(evaluation.run(subject)))


def test_a_place_where_documents_end_has_no_number(make_evaluation, make_model, tmp_path):
    class Letters(Source):
        def documents(self, split):
            yield from (Document("x") for _ in range(4 * LENGTH))

    subject = Subject(
        make_model("none", vocab_size=257, **SIZES).float(), Byte(), open_store(Letters(), Byte(), tmp_path), "cpu"
    )
    evaluation = make_evaluation("position_in_context")
    scores = {score.facts["position"]: score for score in evaluation.scores(evaluation.run(subject))}
    assert scores[0].value is not None and scores[2].value is not None
    assert (scores[1].value, scores[1].count, scores[1].why) == (None, 0, "none of its targets is text")


def test_factors_come_in_order_and_none_is_refused(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[4, 1])
    assert [score.facts["factor"] for score in evaluation.scores(evaluation.run(subject_of("none")))] == [1, 4] * 2
    for factors in ([], [0, 1], [-2]):
        with pytest.raises(ValueError, match="factors="):
            make_evaluation("length_sweep", factors=factors)


# position_in_context.


def test_bins_double_and_tile_the_window(make_evaluation, subject_of):
    items = list(make_evaluation("position_in_context", factor=4).run(subject_of("rope")))
    edges = list(dict.fromkeys((item.facts["position"], item.facts["position_end"]) for item in items))
    assert edges == [(0, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64)]


def test_positions_have_the_nats_of_explicit_windows(make_evaluation, subject_of):
    subject = subject_of("sinusoidal")
    items = list(make_evaluation("position_in_context", factor=2, tokens=100).run(subject))
    ids = subject.store.stream("test").ids
    assert len({item.facts["item"] for item in items}) == 100 // (2 * LENGTH)
    for item in items:
        start = item.facts["item"] * 2 * LENGTH
        targets = range(start + 1 + item.facts["position"], start + 1 + item.facts["position_end"])
        targets = [target for target in targets if ids[target] < 256]
        nats = sum(nats_of(subject, start, target) for target in targets)
        assert item.sums["nats"] == pytest.approx(nats, rel=CLOSE)
        assert item.sums["tokens"] == len(targets)


def test_a_scheme_with_a_limit_is_asked_up_to_it_on_the_same_text(make_evaluation, subject_of):
    evaluation = make_evaluation("position_in_context")

    def texts(position: str) -> dict:
        items = asked(list(evaluation.run(subject_of(position))))
        return {(item.facts["position"], item.facts["item"]): item.sums["bytes"] for item in items}

    learned, none = texts("learned"), texts("none")
    assert max(position for position, _ in learned) == LENGTH // 2  # the last bin below the limit
    assert learned == {key: n_bytes for key, n_bytes in none.items() if key[0] < LENGTH}


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
def test_an_evaluation_has_a_twin_yaml_and_a_docstring(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.evaluation.{name}.")
    assert (ROOT / "src/wordorder/evaluation" / f"{name}.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
