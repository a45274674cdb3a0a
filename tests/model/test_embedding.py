"""The lookup and what families do to it."""

import torch

from wordorder.model.embedding import Embedding

IDS = torch.tensor([[3, 0, 3], [5, 1, 2]])


def table(**changed) -> Embedding:
    torch.manual_seed(0)
    made = Embedding(6, 8, **changed)
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    return made


def test_the_plain_lookup_is_a_row_for_each_id():
    made = table()
    assert torch.equal(made(IDS), made.weight[IDS])
    assert [name for name, _ in made.named_parameters()] == ["weight"]


def test_the_scale_is_the_root_of_the_width_in_the_precision_of_the_weights():
    made = table(scale="sqrt_d")
    torch.testing.assert_close(made(IDS), made.weight[IDS] * 8**0.5)
    rounded = made.bfloat16()
    assert torch.equal(rounded(IDS), rounded.weight[IDS] * torch.tensor(2.828125, dtype=torch.bfloat16))  # not 2.8284


def test_every_token_is_of_the_first_type():
    made = table(n_token_types=2)
    torch.testing.assert_close(made(IDS), made.weight[IDS] + made.token_type[0])
    made(IDS).sum().backward()
    assert (made.token_type.grad[0] == IDS.numel()).all() and (made.token_type.grad[1] == 0).all()
