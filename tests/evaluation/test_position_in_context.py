"""position_in_context against explicit windows: bins double and tile the context."""

import pytest
from subjects import CLOSE, LENGTH, SIZES, asked, nats_of

from wordorder.data.building import open_store
from wordorder.evaluation.base import Subject
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte


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
