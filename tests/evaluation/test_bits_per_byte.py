"""bits_per_byte against one window at a time, in bytes that each count once."""

import math
from dataclasses import replace

import pytest
from subjects import CLOSE, LENGTH, Fixed, Questions, nats_of, raw_lengths, uniform

from wordorder.data.building import open_store
from wordorder.errors import InputError
from wordorder.evaluation.bits_per_byte import validation
from wordorder.source.base import Document
from wordorder.tokenizer.byte import Byte


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


def test_answers_of_the_trained_lengths_count_and_nothing_else(make_evaluation, answering):
    subject = answering("rope")
    items = list(make_evaluation("bits_per_byte").run(subject))
    inside = [n for n, facts in enumerate(subject.store.facts("test")) if facts["range"] == "in"]
    assert sorted(item.facts["item"] for item in items) == inside
    for item in items:
        assert (item.sums["bytes"], item.sums["tokens"]) == (3.0, 3.0)  # " xy"
        first, past = (bound[item.facts["item"]] for bound in subject.store.stream("test").document_bounds())
        nats = [nats_of(subject, int(first), target) for target in range(past - 3, past)]
        assert item.sums["nats"] == pytest.approx(sum(nats), rel=CLOSE)
        assert item.sums["end_nats"] == pytest.approx(nats_of(subject, int(first), int(past)), rel=CLOSE)


def test_the_unigram_baseline_is_the_frequency_of_the_training_answers_tokens(make_evaluation, answering):
    subject = answering("none")
    stream = subject.store.stream("train")
    counts = {chr(i): 1 for i in range(256)} | {"end": 1}
    for index in range(1, len(stream.ids)):
        if stream.scored[index]:
            counts["end" if stream.ids[index] == 256 else chr(stream.ids[index])] += 1
    total = sum(counts.values())
    items = list(make_evaluation("bits_per_byte").run(subject))
    for item in items:
        past = subject.store.stream("test").document_bounds()[1][item.facts["item"]]
        text = subject.tokenizer.decode(subject.store.stream("test").ids[past - 3 : past].tolist())
        expected = -sum(math.log(counts[letter] / total) for letter in text)
        assert item.sums["unigram_nats"] == pytest.approx(expected, rel=1e-12)
    score = next(s for s in make_evaluation("bits_per_byte").scores(items) if s.metric == "unigram")
    assert score.value == pytest.approx(
        sum(item.sums["unigram_nats"] for item in items) / math.log(2) / (3 * len(items)), rel=1e-12
    )


def test_the_floor_of_a_text_that_knows_it_stands_beside(make_evaluation, subject_of, tmp_path):
    class Known(Fixed):
        def documents(self, split):
            for n, document in enumerate(super().documents(split)):
                yield replace(document, facts={"bits": 10.0 + n})

    subject = replace(subject_of("none"), store=open_store(Known(), Byte(), tmp_path))
    evaluation = make_evaluation("bits_per_byte")
    scores = {score.metric: score for score in evaluation.scores(evaluation.run(subject))}
    bits = sum(10.0 + n for n in range(len(raw_lengths())))
    assert scores["floor_with_end"].value == pytest.approx(bits / sum(raw_lengths()), rel=1e-12)
    assert scores["floor_with_end"].count == scores["bits_per_byte_with_end"].count


def test_documents_that_are_kept_apart_are_scored_apart(make_evaluation, subject_of):
    """With what came before out of sight, a document's first targets are what they are at the start of the text."""
    subject = replace(subject_of("rope"), attend_across=False)
    items = list(make_evaluation("bits_per_byte").run(subject))
    stream = subject.store.stream("test")
    first, past = stream.document_bounds()
    assert past[1] <= LENGTH  # two documents in the first window
    for n in range(2):
        nats = [nats_of(subject, int(first[n]), target) for target in range(first[n] + 1, past[n])]
        assert items[n].sums["nats"] == pytest.approx(sum(nats), rel=CLOSE)
    across = list(make_evaluation("bits_per_byte").run(subject_of("rope")))
    assert across[0].sums == items[0].sums and across[1].sums != items[1].sums


class Out(Questions):
    """None of these is of a trained length."""

    def documents(self, split):
        for document in super().documents(split):
            yield replace(document, facts=document.facts | {"range": "out"})


def test_documents_of_other_lengths_alone_give_no_number_and_no_curve(make_evaluation, answering, tmp_path):
    subject = replace(answering("rope"), store=open_store(Out(), Byte(), tmp_path))
    evaluation, why = make_evaluation("bits_per_byte"), "none of the documents is of a trained length"
    items = list(evaluation.run(subject))
    assert [(item.facts["why"], item.sums) for item in items] == [(why, {})]
    assert [(s.metric, s.value, s.why) for s in evaluation.scores(items)] == [("bits_per_byte", None, why)]
    assert not list(evaluation.run(subject, done=1))
    with pytest.raises(InputError, match=f"record.validate_tokens=99: {why}; record.validate_steps=0"):
        validation(subject, tokens=99)


def test_a_scheme_that_ends_inside_the_trained_lengths_has_no_curve(answering, monkeypatch):
    subject = answering("learned")
    monkeypatch.setattr(subject.model.position, "max_position", 8)
    with pytest.raises(InputError, match="Learned ends at position 8"):
        validation(subject, tokens=0)


def test_text_without_a_byte_has_no_number_and_no_curve(make_evaluation, subject_of, tmp_path):
    class Empty(Fixed):
        def documents(self, split):
            yield from [Document("")] * LENGTH
            yield Document("a")

    subject = replace(subject_of("rope"), store=open_store(Empty(), Byte(), tmp_path))
    evaluation = make_evaluation("bits_per_byte", tokens=1)
    (score,) = evaluation.scores(evaluation.run(subject))
    assert (score.value, score.why) == (None, "none of its targets is text")
    with pytest.raises(InputError, match="none of its targets is text"):
        validation(subject, tokens=1)


def test_validation_is_what_the_scores_say(make_evaluation, subject_of):
    subject = subject_of("rope")
    subject.model.train()
    row = validation(subject, tokens=100)
    assert subject.model.training
    evaluation = make_evaluation("bits_per_byte", split="val", tokens=100)
    score = next(evaluation.scores(evaluation.run(replace(subject, model=subject.model.eval()))))
    assert row["val_bits_per_byte"] == score.value and row["val_loss"] == pytest.approx(
        score.value * math.log(2), rel=1e-12
    )
