"""Wrappers that draw ids, in training, where the contract does not look: causal, by row, and a function of what they name."""

import pytest
import torch

from wordorder.check import make
from wordorder.model.transformer import make_context

T, BATCH = 24, 3
LETTERS = b"0123456789+= ab"  # so that there are sums
SAME = dict(rtol=0, atol=1e-11)  # float64, another order of summation
ARMS = [
    ["randomized", "rope"],
    ["randomized", "alibi"],
    ["randomized", "learned", "position.scheme.n_positions=2048"],
    ["shape", "sinusoidal"],
    ["shape", "learned", "position.scheme.n_positions=540"],
    ["cape", "sinusoidal"],
    ["cape", "rope"],
    ["cape", "alibi"],
    ["coupled", "sinusoidal"],
    ["coupled", "learned", "position.scheme.n_positions=140"],
]


@pytest.fixture(scope="module", params=ARMS, ids=lambda arm: "-".join(arm[:2]))
def model(request, compose_config) -> torch.nn.Module:
    name, inner, *words = request.param
    sizes = dict(d_model=24, n_layers=2, n_heads=6, n_kv_heads=2, head_dim=4, d_ff=40, context_length=32, dropout=0.0)
    sizes |= dict(tie_embeddings="false", init_std=0.3, kernel="dense")
    words = [f"position={name}", f"position@position.scheme={inner}", *words]
    config = compose_config(*words, *(f"model.{key}={value}" for key, value in sizes.items()))
    scheme = make(config["position"], "position")
    scheme.bind([bytes([n]) for n in range(128)])
    model = make(config["model"], "model", vocab_size=128, position=scheme).double().initialise(0)
    for weight in scheme.parameters():
        torch.nn.init.normal_(weight, std=0.5, generator=torch.Generator().manual_seed(1))
    return model.train()


@pytest.fixture
def ids() -> torch.Tensor:
    picks = torch.randint(len(LETTERS), (BATCH, T), generator=torch.Generator().manual_seed(2))
    return torch.tensor(list(LETTERS))[picks]


@torch.no_grad()
def run(model, ids: torch.Tensor, **given) -> torch.Tensor:
    return model(ids, **dict(step=4, horizon=T) | given)


def test_in_training_later_tokens_change_no_bit_of_earlier_outputs(model, ids):
    before, others = run(model, ids), torch.tensor(list(LETTERS[::-1]))
    for t in range(0, T - 1, 3):
        later = others[torch.arange(T - 1 - t) % len(LETTERS)].expand(BATCH, -1)
        assert torch.equal(run(model, torch.cat((ids[:, : t + 1], later), 1))[:, : t + 1], before[:, : t + 1])


def test_in_training_a_row_does_not_see_its_neighbours(model, ids):
    together = run(model, ids)
    for row in range(BATCH):
        alone = run(model, ids[row : row + 1], row_B=torch.tensor([row]))
        torch.testing.assert_close(alone[0], together[row], **SAME)
    turned = run(model, ids.flip(0), row_B=torch.arange(BATCH).flip(0))
    torch.testing.assert_close(turned.flip(0), together, **SAME)


def test_in_training_the_draw_is_one_of_step_and_row_and_nothing_else(model, ids):
    same = ids[:1].expand(BATCH, -1)
    first = run(model, same)
    torch.rand(3)  # no generator's state is read
    assert torch.equal(run(model, same), first)
    assert (first[0] - first[1]).abs().max() > 1e-3 and (first[1] - first[2]).abs().max() > 1e-3
    assert ((run(model, same, step=5) - first).abs().amax((1, 2)) > 1e-3).all()


def test_in_training_decoding_in_pieces_is_the_whole(model, ids):
    cache = model.empty_cache()
    pieces = [run(model, piece, cache=cache) for piece in ids.split([1, 5, 17, 1], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), run(model, ids), **SAME)


def test_in_training_packed_documents_are_those_apart(model, ids):
    sizes = [9, 1, 14]
    document = torch.arange(3).repeat_interleave(torch.tensor(sizes)).repeat(BATCH, 1)
    apart = [run(model, piece) for piece in ids.split(sizes, 1)]
    torch.testing.assert_close(run(model, ids, document_BT=document), torch.cat(apart, 1), **SAME)


def test_in_training_a_row_is_its_own_in_every_kernel(model, ids, monkeypatch):
    dense, needs = run(model, ids), model.position.needs
    monkeypatch.setattr(model, "kernel", "auto")
    assert model.kernel_for(make_context(ids)) == needs != "dense"
    torch.testing.assert_close(run(model, ids), dense, **SAME)


def test_at_evaluation_only_randomized_draws(model, ids):
    model.eval()
    try:
        same = ids[:1].expand(2, -1)
        first, later = run(model, same), run(model, same, step=5)
        drawn = type(model.position).__name__ == "Randomized"
        assert (not torch.equal(first, later)) == drawn
        assert ((first[0] - first[1]).abs().max() > 1e-3) == drawn
    finally:
        model.train()
