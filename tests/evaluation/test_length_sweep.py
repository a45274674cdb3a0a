"""length_sweep against explicit windows: the same targets at every length."""

import math
from collections import defaultdict

import pytest
from subjects import CLOSE, LENGTH, asked, nats_of

from wordorder.evaluation.base import Item


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


def test_factors_come_in_order_and_none_is_refused(make_evaluation, subject_of):
    evaluation = make_evaluation("length_sweep", factors=[4, 1])
    assert [score.facts["factor"] for score in evaluation.scores(evaluation.run(subject_of("none")))] == [1, 4] * 2
    for factors in ([], [0, 1], [-2]):
        with pytest.raises(ValueError, match="factors="):
            make_evaluation("length_sweep", factors=factors)
