"""exact_match against real greedy decoding with a cache, and against counts by hand."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from subjects import LENGTH, SIZES

from wordorder.data.building import open_store
from wordorder.evaluation.base import Item, Subject
from wordorder.source.base import Document, Source
from wordorder.tokenizer.base import Tokenizer

N_ASCII = 128


class Ascii(Tokenizer):
    """A byte below 128 is a token, so that whatever a model says is text."""

    def __init__(self):
        self.vocab = [bytes([value]) for value in range(N_ASCII)]

    def encode(self, text):
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64)


def decode(model, prompt: str, n: int) -> str:
    """The model's first choices after end token and prompt, a token at a time, with a cache."""
    cache, ids, said = model.empty_cache(), torch.tensor([[N_ASCII, *prompt.encode()]]), []
    with torch.no_grad():
        for _ in range(n):
            ids = model(ids, cache=cache, horizon=LENGTH)[:, -1:].argmax(-1)
            said.append(int(ids))
    return bytes(said).decode() if max(said) < N_ASCII else ""


@pytest.mark.parametrize("position", ["none", "rope", "alibi", "t5", "cope", "fox"])
def test_a_hit_is_what_greedy_decoding_says(position, make_model, make_evaluation, tmp_path):
    """Half of the answers are the model's own words, half have one letter changed."""
    model, draw = make_model(position, vocab_size=N_ASCII + 1, **SIZES).float().eval(), random.Random(5)
    documents = []
    while len(documents) < 24:
        prompt = "".join(draw.choices("abcde", k=draw.randint(1, 8)))
        if answer := decode(model, prompt, 4):
            at = draw.randrange(4)
            wrong = answer[:at] + chr((ord(answer[at]) + 1) % N_ASCII) + answer[at + 1 :]
            documents.append((prompt, draw.choice((answer, wrong))))

    class Said(Source):
        layout = "document"

        def documents(self, split):
            for prompt, answer in documents:  # the end is not asked for: after the answer comes a full stop
                yield Document.of(
                    [(prompt, False), (answer, True), (".", False)],
                    {"length": len(prompt), "range": "in", "chance": 1.0},
                )

    subject = Subject(model, Ascii(), open_store(Said(), Ascii(), tmp_path), "cpu", layout="document")
    items = list(make_evaluation("exact_match").run(subject))
    hits = [item.sums["hits"] for item in sorted(items, key=lambda item: item.facts["item"])]
    assert hits == [float(decode(model, prompt, 4) == answer) for prompt, answer in documents]
    assert 0 < sum(hits) < len(hits)


def test_the_share_of_right_tokens_and_answers_is_counted_by_hand(make_evaluation, answering, monkeypatch):
    """A model that always says x: of answers of a space, x or y, and x or y, then the end, it gets the x."""
    subject = answering("none")

    def always_x(x_BTD):
        logits = torch.zeros(*x_BTD.shape[:-1], 257)
        logits[..., ord("x")] = 1.0
        return logits

    monkeypatch.setattr(subject.model, "logits", always_x)
    items = list(make_evaluation("exact_match").run(subject))
    texts = [text_of(subject, item.facts["item"]) for item in items]
    assert [item.sums["tokens_right"] for item in items] == [float(text.count("x")) for text in texts]
    assert {item.sums["tokens"] for item in items} == {4.0}
    assert {item.sums["answers"] for item in items} == {1.0}
    assert all(item.sums["hits"] == item.sums["answers_right"] == 0 for item in items)


def text_of(subject: Subject, number: int) -> str:
    stream = subject.store.stream("test")
    first, past = stream.document_bounds()
    return subject.tokenizer.decode(stream.ids[first[number] : past[number]].tolist())


def test_the_majority_is_that_of_the_training_answers_of_the_length(make_evaluation, answering):
    subject = answering("none")
    by_length: dict[int, list[str]] = {}
    stream = subject.store.stream("train")
    first, past = stream.document_bounds()
    for n, facts in enumerate(subject.store.facts("train")):
        text = subject.tokenizer.decode(stream.ids[first[n] : past[n]].tolist())
        by_length.setdefault(facts["length"], []).append(text[-3:])
    every = [answer for answers in by_length.values() for answer in answers]
    usual = {length: max(sorted(set(a), reverse=True), key=a.count) for length, a in [*by_length.items(), (0, every)]}
    for item in make_evaluation("exact_match").run(subject):
        expected = text_of(subject, item.facts["item"])[-3:] == usual.get(item.facts["length"], usual[0])
        assert item.sums["majority"] == float(expected)


def items_of(hits: list[float], chance: float = 0.25, **facts) -> list[Item]:
    sums = {"answers": 2.0, "answers_right": 1.0, "tokens": 4.0, "tokens_right": 3.0, "majority": 0.0, "chance": chance}
    return [Item({"split": "test", "item": n} | facts, sums | {"hits": hit}) for n, hit in enumerate(hits)]


def test_rates_are_by_length_and_over_each_range(make_evaluation):
    items = items_of([1.0, 1.0], length=1, range="in") + items_of([0.0], length=2, range="in")
    items += items_of([0.0, 1.0], length=3, range="out")
    scores = make_evaluation("exact_match", gate=0.6).scores(items)
    found = {(s.metric, s.facts.get("length"), s.facts.get("range")): (s.value, s.count) for s in scores}
    assert found["exact_match", 1, "in"] == (1.0, 2)
    assert found["exact_match", 2, "in"] == (0.0, 1)
    assert found["exact_match", None, "in"] == (pytest.approx(2 / 3), 3)
    assert found["exact_match", None, "out"] == (0.5, 2)
    assert found["tokens", 3, "out"] == (0.75, 8) and found["answers", 3, "out"] == (0.5, 4)
    assert found["chance", None, "out"] == (0.25, 2)


@pytest.mark.parametrize(("gate", "learned"), [(0.5, 1.0), (0.75, 1.0), (0.76, 0.0)])
def test_a_task_is_learned_where_the_trained_lengths_reach_the_gate(gate, learned, make_evaluation):
    items = items_of([1.0, 1.0, 1.0, 0.0], length=1, range="in") + items_of([0.0] * 9, length=5, range="out")
    scores = list(make_evaluation("exact_match", gate=gate).scores(items))
    assert [(s.value, s.count) for s in scores if s.metric == "learned"] == [(learned, 4)]


def test_a_range_with_a_document_that_is_too_long_has_no_number(make_evaluation, answering):
    scores = list(make_evaluation("exact_match").scores(make_evaluation("exact_match").run(answering("learned"))))
    whole = {s.facts["range"]: s for s in scores if s.metric == "exact_match" and "length" not in s.facts}
    assert whole["in"].value is not None
    assert (whole["out"].value, whole["out"].why) == (None, f"Learned ends at position {LENGTH}")


def test_a_text_without_answers_is_not_asked(make_evaluation, subject_of, answering):
    for subject in (
        subject_of("none"),
        replace(subject_of("none"), layout="document"),
        replace(answering("none"), layout="stream"),
    ):
        evaluation = make_evaluation("exact_match")
        scores = list(evaluation.scores(evaluation.run(subject)))
        assert scores and all((s.value, s.why) == (None, "this text has no answers") for s in scores)


def test_so_many_documents_are_asked_as_is_said(make_evaluation, answering):
    assert len(list(make_evaluation("exact_match", documents=5).run(answering("none")))) == 5


def test_rates_are_by_each_fact_that_is_named(make_evaluation):
    items = [
        Item(i.facts | {"depth": n % 2, "item": n}, i.sums)
        for n, i in enumerate(items_of([1.0, 0.0, 1.0, 1.0], length=3, range="out"))
    ]
    scores = list(make_evaluation("exact_match", by=["depth", "length"]).scores(items))
    found = {(s.facts.get("depth"), s.facts.get("length")): s.value for s in scores if s.metric == "exact_match"}
    assert found == {(0, None): 1.0, (1, None): 0.5, (None, 3): 0.75, (None, None): 0.75}


def test_facts_together_are_a_grid(make_evaluation):
    facts = [(1, 0), (1, 0), (1, 1), (2, 1)]
    items = [
        Item(i.facts | {"length": length, "depth": depth, "item": n}, i.sums)
        for n, (i, (length, depth)) in enumerate(zip(items_of([1.0, 0.0, 1.0, 0.0], range="in"), facts, strict=True))
    ]
    scores = list(make_evaluation("exact_match", by=["depth", ["length", "depth"]]).scores(items))
    found = {(s.facts.get("length"), s.facts.get("depth")): s.value for s in scores if s.metric == "exact_match"}
    whole = {(None, None): 0.5}
    assert found == {(1, 0): 0.5, (1, 1): 1.0, (2, 1): 0.0, (None, 0): 0.5, (None, 1): 0.5} | whole


class Told(Source):
    """Documents with a number of answers x or y, of each of which it is told how far its question lies."""

    layout = "document"

    def documents(self, split):
        draw = random.Random(f"told {split}")
        for n in range(30):
            answers = draw.choices("xy", k=1 + n % 5)
            pieces = [(f"{'a' * (n % 3)} ", False), *(piece for a in answers for piece in ((a, True), (".", False)))]
            gaps = [draw.randrange(1, 9) for _ in answers]
            where = "in" if len(answers) < 4 else "out"
            yield Document.of(pieces, {"length": len(answers), "range": where, "chance": 0.5, "gap": gaps})


@pytest.fixture
def told(subject_of, tmp_path, monkeypatch):
    """told("rope") -> a model that always says x, asked about these."""

    def subject(position):
        own = subject_of(position)

        def always_x(x_BTD):
            return torch.nn.functional.one_hot(torch.tensor(ord("x")), 257).expand(*x_BTD.shape[:-1], 257).float()

        monkeypatch.setattr(own.model, "logits", always_x)
        return replace(own, store=open_store(Told(), own.tokenizer, tmp_path), layout="document")

    return subject


def test_single_answers_are_told_apart_by_their_own_facts(make_evaluation, told):
    evaluation = make_evaluation("exact_match", quantiles=2)
    items = list(evaluation.run(told("none")))
    documents = list(Told().documents("test"))
    answers = {n: [c for c in document.text if c in "xy"] for n, document in enumerate(documents)}
    found = [item for item in items if "answer" in item.facts]
    assert len(found) == sum(map(len, answers.values())) and len(items) - len(found) == 30
    for item in found:
        n, which = item.facts["item"], item.facts["answer"]
        assert item.facts["gap"] == documents[n].facts["gap"][which]
        hit, chance = float(answers[n][which] == "x"), item.sums["chance"]
        assert item.sums == {"answers": 1.0, "answers_right": hit, "chance": chance}
        assert chance ** len(answers[n]) == pytest.approx(0.5)  # all of them guessed is the document guessed
    assert all("gap" not in item.facts for item in items if item not in found)
    scores = [s for s in evaluation.scores(items) if "gap" in s.facts and s.metric == "answers"]
    for where in ("in", "out"):
        every = [
            (gap, answer)
            for n, document in enumerate(documents)
            if document.facts["range"] == where
            for gap, answer in zip(document.facts["gap"], answers[n], strict=True)
        ]
        own = [s for s in scores if s.facts["range"] == where]
        assert len(own) == 2 and sum(s.count for s in own) == len(every)
        for s in own:
            part = [answer for gap, answer in every if s.facts["gap"] <= gap < s.facts["gap_end"]]
            assert (s.count, s.value) == (len(part), part.count("x") / len(part))


@pytest.mark.parametrize("position", ["none", "learned"])
def test_documents_and_answers_that_are_done_are_left_out(position, make_evaluation, told, monkeypatch):
    subject = told(position)
    monkeypatch.setattr(subject.model.position, "max_position", 10 if position == "learned" else None)
    evaluation = make_evaluation("exact_match")
    whole = list(evaluation.run(subject))
    assert any("why" in item.facts for item in whole) == (position == "learned")
    for done in (*range(0, len(whole), 9), len(whole)):
        assert list(make_evaluation("exact_match").run(subject, done=done)) == whole[done:]


def test_answers_of_documents_that_are_too_long_have_no_number(make_evaluation, told, monkeypatch):
    subject = told("learned")
    monkeypatch.setattr(subject.model.position, "max_position", 10)
    evaluation = make_evaluation("exact_match")
    scores = [s for s in evaluation.scores(evaluation.run(subject)) if "gap" in s.facts]
    assert {(s.value, s.why) for s in scores if s.facts["range"] == "out"} == {(None, "Learned ends at position 10")}
    assert all(s.value is not None for s in scores if s.facts["range"] == "in")
