"""Several masks together hide what any of them hides."""

import pytest
import torch

from wordorder.position.masks import both

I, J = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
ZERO = torch.tensor(0)
CAUSAL, NEAR, EVEN = (lambda b, h, i, j: j <= i), (lambda b, h, i, j: i - j < 2), (lambda b, h, i, j: j % 2 == 0)


def test_what_all_allow_is_allowed():
    seen = both(CAUSAL, None, NEAR, EVEN)(ZERO, ZERO, I, J)
    assert seen.tolist() == [[True, False, False, False], [True, False, False, False], [False, False, True, False]] + [
        [False, False, True, False]
    ]


@pytest.mark.parametrize("masks", [(), (None,), (None, None)])
def test_no_mask_is_none(masks):
    assert both(*masks) is None


def test_one_mask_is_itself():
    assert both(None, NEAR) is NEAR
