"""What was said before stands before what is said now."""

import torch

from wordorder.model.cache import Cache


def test_tokens_and_inputs_of_each_layer_are_appended_in_order():
    cache = Cache(2)
    assert cache.add_tokens(torch.tensor([[1, 2]])).tolist() == [[1, 2]]
    assert cache.add_tokens(torch.tensor([[3]])).tolist() == [[1, 2, 3]]
    whole = [torch.arange(5 * width).view(1, 5, width).float() for width in (4, 2, 3)]
    heads = [one[:, None] if n else one for n, one in enumerate(whole)]  # x has no axis of heads
    for start, stop in ((0, 2), (2, 3), (3, 5)):
        new = [one[..., start:stop, :] for one in heads]
        found = cache.add(1, *new)
        assert all(torch.equal(old, one[..., :stop, :]) for old, one in zip(found, heads, strict=True))
    assert cache.layers[0] is None
