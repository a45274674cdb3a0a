"""The convolution against a loop over tokens and taps."""

import pytest
import torch
from hooks import context_of

from wordorder.position.convolution import Documents, convolve

B, S, N = 2, 11, 3


@pytest.mark.parametrize("width", [1, 3, 20])
@pytest.mark.parametrize("packed", [False, True])
def test_each_token_is_the_sum_of_the_taps_times_those_before_it_in_its_document(width, packed):
    draw = torch.Generator().manual_seed(0)
    x, tap = (torch.randn(*shape, N, generator=draw, dtype=torch.float64) for shape in ((B, S), (width,)))
    document = torch.tensor([[0] * 4 + [1] * 7, [0] * 10 + [1]])
    expected = torch.zeros_like(x)
    for b in range(B):
        for s in range(S):
            for m in range(min(width, s + 1)):
                if not packed or document[b, s - m] == document[b, s]:
                    expected[b, s] += tap[m] * x[b, s - m]
    torch.testing.assert_close(convolve(x, tap, document if packed else None), expected, rtol=0, atol=1e-13)


def test_what_is_seen_is_that_of_the_context():
    seen = Documents.of(context_of(1, 9, 4))
    assert (seen.document_BS, seen.n_new, seen.layer) == (None, 4, 0)
