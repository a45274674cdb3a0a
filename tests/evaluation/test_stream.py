"""Every target of a stream once, against one window at a time, and the cutting of what comes."""

import numpy as np
import pytest
from subjects import CLOSE, LENGTH, nats_of

from wordorder.evaluation.stream import cut, stream_nats


@pytest.mark.parametrize("n_targets", [1, LENGTH - 1, LENGTH, LENGTH + 1, 3 * LENGTH + 5])
def test_each_target_comes_once_and_the_last_window_reaches_back(n_targets, subject_of):
    subject = subject_of("rope")
    found = np.concatenate(list(stream_nats(subject, subject.store.stream("test"), n_targets)))
    length = min(LENGTH, n_targets)
    starts = [min((target - 1) // length * length, n_targets - length) for target in range(1, n_targets + 1)]
    expected = [nats_of(subject, start, target) for target, start in enumerate(starts, start=1)]
    assert found.tolist() == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize(
    "first", [1, LENGTH - 1, LENGTH, 2 * LENGTH + 3, 3 * LENGTH + 1, 3 * LENGTH + 4, 3 * LENGTH + 5]
)
def test_what_comes_behind_some_targets_is_the_end_of_what_comes_in_all(first, subject_of):
    subject, n_targets = subject_of("rope"), 3 * LENGTH + 5
    stream = subject.store.stream("test")
    whole = np.concatenate(list(stream_nats(subject, stream, n_targets)))
    rest = np.concatenate(list(stream_nats(subject, stream, n_targets, first=first)))
    assert rest.tolist() == whole[first:].tolist()


def test_pieces_are_cut_anew_in_their_order_and_no_more_are_taken_than_are_needed():
    pieces = iter([np.array([1.0, 2.0, 3.0]), np.empty(0), np.array([4.0]), np.array([5.0, 6.0])])
    assert [part.tolist() for part in cut(pieces, [1, 0, 3])] == [[1.0], [], [2.0, 3.0, 4.0]]
    assert next(pieces).tolist() == [5.0, 6.0]
