"""What is read of single documents, against one document at a time."""

import numpy as np
import pytest
import torch
from subjects import CLOSE, LENGTH

from wordorder.evaluation.answers import Answers, read_answers


@pytest.mark.parametrize("position", ["none", "rope", "alibi", "learned"])
def test_nats_and_first_choices_are_those_of_a_document_alone(position, answering):
    subject = answering(position)
    stream = subject.store.stream("test")
    first, past = stream.document_bounds()
    seen = set()
    for one in read_answers(subject, stream, np.arange(len(first))):
        ids = torch.from_numpy(stream.ids[first[one.number] : past[one.number] + 1].astype(np.int64))
        with torch.no_grad():
            logits = subject.model(ids[None, :-1])[0].double()
        expected = -logits.log_softmax(-1)[torch.arange(len(ids) - 1), ids[1:]]
        np.testing.assert_allclose(one.nats, expected.numpy(), rtol=CLOSE, atol=1e-6)
        assert one.right.tolist() == (logits.argmax(-1) == ids[1:]).tolist()
        assert one.ids.tolist() == ids[1:].tolist()
        assert one.scored.tolist() == [False] * (len(ids) - 1 - 4) + [True] * 4  # " xy" and the end
        seen.add(one.number)
    lengths = past - first
    assert seen == set(np.flatnonzero(lengths <= (LENGTH if position == "learned" else 99)).tolist())


@pytest.mark.parametrize(
    ("scored", "right", "hits"),
    [
        ("0110", "0110", [True]),
        ("1101", "1011", [False, True]),
        ("1010", "1000", [True, False]),
        ("0000", "1111", []),
    ],
)
def test_an_answer_is_right_where_all_of_its_run_is(scored, right, hits):
    flags = [np.array([one == "1" for one in text]) for text in (scored, right)]
    assert Answers(0, np.zeros(4), flags[0], np.zeros(4), flags[1]).hits == hits
