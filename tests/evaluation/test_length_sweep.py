"""length_sweep against explicit windows: the same targets at every length."""

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from subjects import CLOSE, LENGTH, Fixed, asked, nats_of

from wordorder.evaluation.base import Item, Subject


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


def contexts(subject: Subject, documents: str, length: int, step: int) -> list[int]:
    """Every place where a context of this length begins, and ends with a target of its text."""
    ids, starts = subject.store.stream("test").ids, []
    ends = [place for place, token in enumerate(ids) if token == 256]
    texts = list(pairwise(ends)) if documents == "long" else [(0, len(ids))]
    for first, past in texts:
        starts += [start for start in range(first, past, step) if start + length < past]
    return starts


@pytest.mark.parametrize("documents", ["long", "any"])
@pytest.mark.parametrize("position", ["rope", "alibi", "sinusoidal"])
@pytest.mark.parametrize("k", [5, 3 * LENGTH])
def test_last_k_has_the_nats_of_explicit_windows(position, k, documents, make_evaluation, subject_of):
    subject = subject_of(position)
    evaluation = make_evaluation("length_sweep", factors=[1, 4], k=k, targets=6 * k, documents=documents)
    groups = by_length(list(evaluation.run(subject)), "last_k")
    ids, k = subject.store.stream("test").ids, min(k, LENGTH)
    every, n = contexts(subject, documents, 4 * LENGTH, k), len(groups[LENGTH])
    ends = [every[(len(every) - 1) * place // (n - 1)] + 4 * LENGTH for place in range(n)]  # evenly spread
    assert n > 3
    for length, items in groups.items():
        for end, item in zip(ends, items, strict=True):
            targets = [target for target in range(end - k + 1, end + 1) if ids[target] < 256]
            assert item.sums["nats"] == pytest.approx(
                sum(nats_of(subject, end - length, target) for target in targets), rel=CLOSE
            )
            assert item.sums["bytes"] == len(targets)


def test_last_k_of_all_targets_is_sliding_window_evaluation_with_stride_k(make_evaluation, subject_of):
    """A window moves on by k tokens, and of each the last k are scored: what stands in the first window alone is left out."""
    subject, length, k = subject_of("sinusoidal"), 2 * LENGTH, 5
    evaluation = make_evaluation("length_sweep", factors=[2], scoring=["last_k"], k=k, targets=10**6, documents="any")
    items = list(evaluation.run(subject))
    ids = subject.store.stream("test").ids
    sliding, scored = [], []
    for begin in range(0, len(ids) - length, k):
        targets = range(begin + length + 1 - k, begin + length + 1)
        scored += targets
        sliding += [nats_of(subject, begin, target) for target in targets if ids[target] < 256]
    assert scored == list(range(scored[0], scored[-1] + 1)) and scored[-1] > len(ids) - k - 1
    assert sum(item.sums["nats"] for item in items) == pytest.approx(sum(sliding), rel=CLOSE)
    assert sum(item.sums["tokens"] for item in items) == len(sliding)


def test_a_window_limited_model_sees_the_trained_length_and_no_more(make_evaluation, subject_of):
    """Of one layer and a scheme that counts distances, each target then has the nats of a context of exactly that length."""
    subject = subject_of("rope")
    evaluation = make_evaluation("length_sweep", factors=[1, 4], k=5, targets=30)
    items = list(evaluation.run(subject))
    free, limited = by_length(items, "last_k"), by_length(items, "window_limited")
    ids, every = subject.store.stream("test").ids, contexts(subject, "long", 4 * LENGTH, 5)
    for short, long, own in zip(free[LENGTH], free[4 * LENGTH], limited[LENGTH], strict=True):
        assert own.sums["nats"] == pytest.approx(short.sums["nats"], rel=CLOSE)
        assert own.facts["document"] == short.facts["document"] == long.facts["document"]
    for place, item in enumerate(limited[4 * LENGTH]):
        end = every[(len(every) - 1) * place // 5] + 4 * LENGTH
        targets = [target for target in range(end - 4, end + 1) if ids[target] < 256]
        nats = sum(nats_of(subject, target - LENGTH, target) for target in targets)
        assert item.sums["nats"] == pytest.approx(nats, rel=CLOSE)
    assert any(a.sums["nats"] != b.sums["nats"] for a, b in zip(free[64], limited[64], strict=True))


def test_positions_go_on_growing_under_the_window(make_evaluation, subject_of):
    """Positions that are added to the embedding are those of the long text."""
    subject = subject_of("sinusoidal")
    evaluation = make_evaluation("length_sweep", factors=[4], scoring=["window_limited"], k=1, targets=1)
    (item,) = evaluation.run(subject)
    start = contexts(subject, "long", 4 * LENGTH, 1)[0]
    ids = torch.from_numpy(subject.store.stream("test").ids[start : start + 4 * LENGTH + 1].astype("int64"))
    place = torch.arange(4 * LENGTH)
    model = deepcopy(subject.model)
    shifted = model.position.prepare
    model.position.prepare = lambda context: shifted(replace(context, place_BS=place[None, -LENGTH:]))
    with torch.no_grad():
        logits = model(ids[None, -LENGTH - 1 : -1])[0, -1].double()
    assert item.sums["nats"] == pytest.approx(-float(logits.log_softmax(-1)[ids[-1]]), rel=CLOSE)


@pytest.mark.parametrize("documents", ["long", "any"])
def test_non_overlapping_windows_tile_the_same_text_at_every_length(documents, make_evaluation, subject_of):
    subject = subject_of("alibi")
    evaluation = make_evaluation(
        "length_sweep", factors=[1, 2], scoring=["non_overlapping"], tokens=200, documents=documents
    )
    groups = by_length(list(evaluation.run(subject)), "non_overlapping")
    ids, every = subject.store.stream("test").ids, contexts(subject, documents, 2 * LENGTH, 2 * LENGTH)
    n = min(200 // (2 * LENGTH), len(every))
    stretches = [every[(len(every) - 1) * place // (n - 1)] for place in range(n)]
    for length, items in groups.items():
        starts = [start + more for start in stretches for more in range(0, 2 * LENGTH, length)]
        for start, item in zip(starts, items, strict=True):
            targets = [target for target in range(start + 1, start + length + 1) if ids[target] < 256]
            nats = sum(nats_of(subject, start, target) for target in targets)
            assert item.sums["nats"] == pytest.approx(nats, rel=CLOSE)


def test_only_documents_that_hold_the_longest_context_are_asked_and_their_digest_says_which(
    make_evaluation, subject_of
):
    subject, digests = subject_of("none"), {}
    sizes = [len(document.text.encode()) for document in Fixed().documents("test")]
    for factors in ([1], [1, 4], [1, 8]):
        evaluation = make_evaluation("length_sweep", factors=factors)
        items = list(evaluation.run(subject))
        used = {item.facts["document"] for item in items}
        assert used == {n for n, size in enumerate(sizes) if size >= max(factors) * LENGTH}
        (score,) = (score for score in evaluation.scores(items) if score.metric == "documents")
        assert score.value == len(used)
        digests[score.facts["digest"]] = used
    assert len(digests) == len({tuple(used) for used in digests.values()}) > 1


def test_the_benefit_of_a_context_is_what_it_saves_on_the_same_targets(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[1, 2, 8])
    scores = list(evaluation.scores(evaluation.run(subject_of("alibi"))))
    bits = {
        s.facts["factor"]: s.value for s in scores if s.facts.get("scoring") == "last_k" and s.metric == "bits_per_byte"
    }
    found = {(s.metric, s.facts["factor"]): s.value for s in scores if s.metric.startswith("context_benefit")}
    assert len(found) == 3 * 2
    for factor in (2, 8):
        assert found["context_benefit", factor] == pytest.approx(bits[1] - bits[factor], rel=1e-9)
        assert found["context_benefit_low", factor] <= found["context_benefit", factor]
        assert found["context_benefit", factor] <= found["context_benefit_high", factor]
    without = make_evaluation("length_sweep", factors=[2, 8])
    scores = list(without.scores(without.run(subject_of("alibi"))))
    assert {score.metric for score in scores} == {"bits_per_byte", "documents"}  # nothing to subtract from


@pytest.mark.parametrize(
    ("documents", "said"), [("long", "the longest document of the test split"), ("any", "the test split")]
)
def test_a_length_beyond_the_text_is_said(documents, said, make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[1, 1000], documents=documents)
    scores = [s for s in evaluation.scores(evaluation.run(subject_of("none"))) if s.metric == "bits_per_byte"]
    assert {score.facts["factor"]: score.value is None for score in scores} == {1: False, 1000: True}
    whys = {score.why for score in scores if score.value is None}
    assert len(whys) == 1 and whys.pop().startswith(f"{said} has only")


def test_documents_that_are_all_too_short_are_said(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[1000, 2000])
    scores = list(evaluation.scores(evaluation.run(subject_of("none"))))
    assert scores and all(score.value is None and "documents=any" in score.why for score in scores)


def test_factors_come_in_order_and_none_is_refused(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[4, 1])
    scores = evaluation.scores(evaluation.run(subject_of("none")))
    assert [score.facts["factor"] for score in scores if score.metric == "bits_per_byte"] == [1, 4] * 3
    for factors in ([], [0, 1], [-2]):
        with pytest.raises(ValueError, match="factors="):
            make_evaluation("length_sweep", factors=factors)
