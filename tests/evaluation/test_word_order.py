"""word_order with models whose answer is known: one without order, one that knows it, and one token at a time."""

from collections import Counter
from random import Random

import pytest
import torch
from subjects import CLOSE
from torch import nn

from wordorder.data.building import open_store
from wordorder.evaluation.base import Item, Subject
from wordorder.evaluation.excerpts import draw
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte

SIZED = {"bytes": 40, "distances": [1, 2, 4], "pairs": 24}


class Alphabet(Source):
    """a b c ... z a b ..., so that a letter says which one is next."""

    def documents(self, split):
        for first in range(3):
            yield Document(" ".join(chr(ord("a") + (first + n) % 26) for n in range(200)))


class Model(nn.Module):
    """Scores of the next byte are a function of the last two."""

    context_length = 64
    position = type("Anywhere", (), {"max_position": None})

    def __init__(self, score):
        super().__init__()
        self.score = score

    def forward(self, ids_BT, *, last, row_B, document_BT):
        before = torch.cat([ids_BT[:, :1], ids_BT[:, :-1]], dim=1)
        return self.score(before, ids_BT)


def unigram(before, ids):
    frequent = torch.linspace(-3, 3, 257)
    return frequent.expand(*ids.shape, 257)


def knowing(before, ids):
    """After a letter a space, after a space the letter that follows the one before it."""
    following = torch.where(ids == ord(" "), (before - ord("a") + 1) % 26 + ord("a"), ord(" "))
    return 5.0 * nn.functional.one_hot(following, 257).float()


@pytest.fixture
def ask(make_evaluation, tmp_path):
    """ask(score, ...) -> the items and the scores by metric and distance, of a model on the alphabet."""

    def ask_one(score, **changed):
        evaluation = make_evaluation("word_order", **SIZED | changed)
        subject = Subject(Model(score), Byte(), open_store(Alphabet(), Byte(), tmp_path), "cpu")
        items = list(evaluation.run(subject))
        return items, {(s.metric, s.facts["distance"]): s for s in evaluation.scores(items)}

    return ask_one


def test_a_model_without_order_is_at_chance_exactly(ask):
    items, scores = ask(unigram)
    assert len(items) == 24 * 3
    for distance in SIZED["distances"]:
        assert scores["preference", distance].value == 0.5
        assert scores["difference", distance].value == 0.0
        assert scores["preference", distance].count == 24


def test_a_model_that_knows_the_order_prefers_it_always(ask):
    _, scores = ask(knowing)
    for distance in SIZED["distances"]:
        assert scores["preference", distance].value == 1.0
    # Two neighbours that swap break three transitions, others four; each costs 5 nats, of an excerpt's first or last word less.
    assert 5 * 1 <= scores["difference", 1].value <= 5 * 3 + 1e-4
    assert scores["difference", 1].value < scores["difference", 4].value <= 5 * 4 + 1e-4


def test_a_model_that_has_it_backwards_never_does(ask):
    _, scores = ask(lambda before, ids: -knowing(before, ids))
    assert {score.value for (metric, _), score in scores.items() if metric == "preference"} == {0.0}


def test_nats_are_those_of_both_texts_from_the_first_byte_that_differs(make_evaluation, make_model, store):
    model = make_model(
        "rope", vocab_size=257, context_length=64, n_heads=2, n_kv_heads=1, d_model=8, d_ff=16, n_layers=1
    )
    subject = Subject(model.float(), Byte(), store, "cpu")
    evaluation = make_evaluation("word_order", **SIZED)
    texts = draw(subject, "test", SIZED["distances"], n=24, n_bytes=40, seed=0)

    def nats(text: str, first: int) -> float:
        ids = torch.tensor([256, *text.encode()])
        with torch.no_grad():
            logits = [model(ids[None, :end])[0, -1].double() for end in range(1, len(ids))]
        return sum(-float(one.log_softmax(-1)[ids[n + 1]]) for n, one in enumerate(logits) if n >= first)

    items = list(evaluation.run(subject))
    for item in Random(1).sample(items, 5):
        true, *swapped = evaluation.orders(texts[item.facts["item"]], item.facts["item"])
        other = swapped[SIZED["distances"].index(item.facts["distance"])]
        assert Counter(true.encode()) == Counter(other.encode()) and true != other
        first = next(n for n, (a, b) in enumerate(zip(true.encode(), other.encode(), strict=True)) if a != b)
        assert item.sums["nats"] == pytest.approx(nats(true, first), rel=CLOSE)
        assert item.sums["swapped_nats"] == pytest.approx(nats(other, first), rel=CLOSE)
        assert item.sums["bytes"] == item.sums["tokens"] == item.sums["swapped_tokens"] == len(true.encode()) - first
        assert item.sums["preferred"] == float(item.sums["nats"] < item.sums["swapped_nats"])


def test_texts_of_more_tokens_than_the_trained_length_are_left_out_and_counted(ask, monkeypatch):
    """Twenty letters and their spaces are 39 bytes; where a document ends before, an excerpt is shorter."""
    monkeypatch.setattr(Model, "context_length", 38)
    items, scores = ask(knowing, bytes=39)
    left_out = {item.facts["why"] for item in items if not item.sums}
    assert len(left_out) == 1 and left_out.pop().startswith("its texts have up to 39 tokens, the trained length is 38")
    n_asked = sum(bool(item.sums) for item in items)
    assert all(0 < score.count == n_asked // 3 < 24 for score in scores.values())
    monkeypatch.setattr(Model, "context_length", 8)
    _, scores = ask(knowing, bytes=39)
    assert all(
        (score.value, score.count) == (None, 0) and "the trained length is 8" in score.why for score in scores.values()
    )


def test_a_text_without_such_words_says_so(ask):
    _, scores = ask(knowing, distances=[1, 26])  # the same letter again
    assert {score.value for score in scores.values()} == {None}
    assert all(score.why.endswith("has too few texts of 40 bytes with two words 26 apart") for score in scores.values())


def test_the_seed_chooses_the_places(ask):
    assert ask(knowing)[0] == ask(knowing)[0]
    assert ask(knowing, seed=1)[0] != ask(knowing)[0]


def test_scores_are_means_over_the_pairs_that_were_asked(make_evaluation):
    sums = {"nats": 10.0, "bytes": 9.0, "tokens": 9.0, "swapped_tokens": 9.0}
    own = [(1.0, 12.0), (0.5, 10.0), (0.0, 7.0), (1.0, 11.0)]
    items = [
        Item({"split": "test", "distance": 2, "item": n}, sums | {"preferred": preferred, "swapped_nats": nats})
        for n, (preferred, nats) in enumerate(own)
    ]
    items.append(Item({"split": "test", "distance": 2, "item": 4, "why": "too long"}, {}))
    preference, difference = make_evaluation("word_order").scores(items)
    assert (preference.metric, preference.value, preference.count) == ("preference", 2.5 / 4, 4)
    assert (difference.metric, difference.value, difference.count) == ("difference", 0.0, 4)


@pytest.mark.parametrize("distances", [[], [0, 1], [-2]])
def test_distances_that_are_none_are_refused(distances, make_evaluation):
    with pytest.raises(ValueError, match="distances="):
        make_evaluation("word_order", distances=distances)
