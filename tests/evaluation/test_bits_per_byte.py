"""bits_per_byte against one window at a time, in bytes that each count once."""

import pytest
from subjects import CLOSE, LENGTH, nats_of, raw_lengths, uniform


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
