"""Floating-point operations of training on one row."""

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from wordorder.model.transformer import Transformer, make_context


def count_flops(model: Transformer, length: int) -> int:
    """Of a forward and a backward over one row of `length` tokens, as torch counts them: two for each product and sum of a
    matrix product, what the position scheme does included, masked scores included, elementwise work left out."""
    device, kernel = model.embedding.weight.device, model.kernel
    model.kernel = "auto"  # flex serves on a card alone; the operations are the same
    ids = torch.zeros((1, length), dtype=torch.int64, device=device)
    # the CPU's fused kernel would not be counted
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        model.sum_nats(model.hidden(make_context(ids)), ids, unscored=-1).backward()
    model.kernel = kernel
    model.zero_grad(set_to_none=True)
    return counter.get_total_flops()
