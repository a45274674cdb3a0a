"""Fusing and splitting reorder numbers as worked by hand, and lose none; what does not fit is named."""

import pytest
import torch

from wordorder.errors import InputError
from wordorder.hugging_face.weights import (
    ATTENTION,
    BOTH,
    PLAIN,
    QKV,
    QKV_BY_HEAD,
    QKV_TRANSPOSED,
    TRANSPOSED,
    Weight,
    from_stock,
    to_stock,
)

THREE = [QKV, QKV_TRANSPOSED, QKV_BY_HEAD]
TABLE = (Weight("wte", "embedding"), Weight("h.{}.qkv", ATTENTION, QKV_BY_HEAD, BOTH))
NAMES = [f"blocks.{layer}.attention.{one}.{end}" for layer in range(2) for end in ("weight", "bias") for one in "qkv"]


def tensors() -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    sizes = {name: (4, 3) if name.endswith("weight") else (4,) for name in NAMES} | {"embedding.weight": (5, 3)}
    return {name: torch.randn(size, generator=draw) for name, size in sizes.items()}


def test_each_head_has_its_q_k_and_v_together():
    q, k, v = (torch.tensor([0, 1, 2, 3]) + 10 * n for n in range(3))  # two heads of two channels
    by_head = [0, 1, 10, 11, 20, 21, 2, 3, 12, 13, 22, 23]
    assert QKV_BY_HEAD.join([q, k, v], 2).tolist() == by_head
    assert QKV.join([q, k, v], 2).tolist() == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]
    rows = QKV_BY_HEAD.join([one[:, None] * torch.tensor([1, 100]) for one in (q, k, v)], 2)
    assert rows.tolist() == [[n, 100 * n] for n in by_head]


def test_a_conv1d_holds_in_by_out():
    matrix, bias = torch.arange(6).view(2, 3), torch.arange(2)
    assert TRANSPOSED.join([matrix], 2).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert TRANSPOSED.join([bias], 2).tolist() == [0, 1]
    fused = QKV_TRANSPOSED.join([matrix, matrix + 10, matrix + 20], 2)
    assert fused.tolist() == [[0, 3, 10, 13, 20, 23], [1, 4, 11, 14, 21, 24], [2, 5, 12, 15, 22, 25]]


@pytest.mark.parametrize("packing", [PLAIN, TRANSPOSED, *THREE])
@pytest.mark.parametrize("size", [(4, 3), (4,)], ids=str)
def test_splitting_undoes_joining_bit_for_bit(packing, size):
    draw = torch.Generator().manual_seed(0)
    parts = [torch.randn(size, generator=draw) for _ in range(3 if packing in THREE else 1)]
    again = packing.split(packing.join(parts, 2), 2)
    assert len(again) == len(parts) and all(torch.equal(a, b) for a, b in zip(parts, again, strict=True))


def test_a_state_dict_goes_there_and_back():
    state = tensors()
    stock = to_stock(state, TABLE, 2, 2)
    assert {name: tuple(weight.shape) for name, weight in stock.items()} == {
        "wte.weight": (5, 3),
        **{
            f"h.{layer}.qkv.{end}": shape for layer in range(2) for end, shape in (("weight", (12, 3)), ("bias", (12,)))
        },
    }
    again = from_stock(stock, TABLE, 2, 2, ())
    assert again.keys() == state.keys() and all(torch.equal(again[name], state[name]) for name in state)


def test_a_bias_that_the_model_does_without_is_zeros():
    state = {name: weight for name, weight in tensors().items() if not name.endswith("bias")}
    stock = to_stock(state, TABLE, 2, 2)
    assert stock["h.1.qkv.bias"].tolist() == [0.0] * 12


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"h.1.qkv.weight": None}, "the weights lack h.1.qkv.weight"),
        ({"odd": torch.ones(1)}, "the weights have odd, which"),
        ({"odd": torch.ones(1), "more": torch.ones(1)}, r"the weights have odd \(and 1 more\), which"),
        ({"h.0.qkv.weight": torch.ones(11, 3)}, r"h.0.qkv.weight of shape \(11, 3\) cannot be split for head_dim=2"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(change, why):
    state = {name: weight for name, weight in (to_stock(tensors(), TABLE, 2, 2) | change).items() if weight is not None}
    with pytest.raises(InputError, match=f"^{why}"):
        from_stock(state, TABLE, 2, 2, (".mask",))


def test_what_does_not_matter_is_passed_over():
    state = to_stock(tensors(), TABLE, 2, 2)
    assert from_stock(state | {"h.0.mask": torch.ones(1)}, TABLE, 2, 2, (".mask",)).keys() == tensors().keys()
