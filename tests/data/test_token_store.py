"""A stream: which document a target, and an input, belong to."""

import numpy as np
import pytest

from wordorder.data.token_store import Stream

# end a b end end c end: documents "ab", "" and "c"
STREAM = Stream(np.array([9, 1, 2, 9, 9, 3, 9]), np.array([[3, 2], [4, 2], [6, 3]]))


def test_an_end_token_is_the_last_target_of_a_document_and_the_first_input_of_the_next():
    assert STREAM.documents_of(np.arange(1, 7)).tolist() == [0, 0, 0, 1, 2, 2]
    assert STREAM.documents_into(np.arange(6)).tolist() == [0, 0, 0, 1, 2, 2]


def test_bounds_run_from_the_first_input_to_the_last_target():
    first, past = STREAM.document_bounds()
    assert first.tolist() == [0, 3, 4] and past.tolist() == [3, 4, 6]
    for number in range(3):
        targets = np.arange(first[number] + 1, past[number] + 1)
        assert set(STREAM.documents_of(targets).tolist()) == {number}
        assert set(STREAM.documents_into(np.arange(first[number], past[number])).tolist()) == {number}


@pytest.mark.parametrize(("numbers", "longest"), [([0], 3), ([1], 1), ([1, 2], 2), ([0, 1, 2], 3)])
def test_the_longest_document_counts_its_end(numbers, longest):
    assert STREAM.longest(np.array(numbers)) == longest


def test_bytes_are_those_of_the_text():
    assert STREAM.n_bytes == 3
