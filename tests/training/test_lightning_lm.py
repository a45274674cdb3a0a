"""One step: nats of the scored tokens over their number, however the batch is cut; chance keyed by the step."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from wordorder.data.batch import UNSCORED, Batch
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.optimizer import AdamW
from wordorder.training.schedule import Cosine

CUTS = [1, 2, 4, 8]


@pytest.fixture
def batch() -> Batch:
    """Eight rows of which each asks another number of targets, one none at all."""
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 53, (8, 13), generator=draw)
    target = ids[:, 1:].clone()
    for row in range(8):
        target[row, row + 4 :] = UNSCORED
    target[3] = UNSCORED
    return Batch(ids[:, :-1], target, torch.arange(8), torch.full((8,), 12))


def make_module(
    model: nn.Module, *, micro: int = 8, clip: float = math.inf, seed: int = 0, lr: float = 0.1
) -> LightningLM:
    module = LightningLM(
        model,
        AdamW(lr=lr, betas=[0.9, 0.95], eps=1e-8, weight_decay=0.0),
        Cosine(warmup=0.5, final=0.0),
        n_steps=10,
        micro_batch_size=micro,
        gradient_clip=clip,
        weight_seed=seed,
        compile=False,
    )
    module.manual_backward = lambda loss: loss.backward()
    return module


def gradients(model: nn.Module, batch: Batch, micro: int, *, step: int = 0) -> dict[str, torch.Tensor]:
    model.zero_grad()
    make_module(model, micro=micro).accumulate(batch, step)
    return {name: weight.grad.clone() for name, weight in model.named_parameters()}


def by_hand(model: nn.Module, batch: Batch, *, of_means: int = 0) -> dict[str, torch.Tensor]:
    """The definition: log-probabilities picked one by one; or the mean of the means of pieces of so many rows."""
    model.zero_grad()
    log_p = model(batch.ids_BT).log_softmax(-1)
    picked = [
        [-log_p[b, t, batch.target_BT[b, t]] for t in range(12) if batch.target_BT[b, t] != UNSCORED] for b in range(8)
    ]
    if of_means:
        pieces = [sum(picked[first : first + of_means], []) for first in range(0, 8, of_means)]
        loss = torch.stack([torch.stack(piece).mean() for piece in pieces if piece]).sum() / len(pieces)
    else:
        loss = torch.stack(sum(picked, [])).mean()
    loss.backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters()}


def furthest(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> float:
    """The largest difference, as a share of the largest gradient."""
    size = max(float(gradient.abs().max()) for gradient in theirs.values())
    return max(float((ours[name] - theirs[name]).abs().max()) for name in theirs) / size


@pytest.mark.parametrize("micro", CUTS)
def test_gradients_are_those_of_nats_over_scored_tokens_however_the_batch_is_cut(micro, batch, make_model):
    model = make_model("learned", dropout=0.0)
    assert furthest(gradients(model, batch, micro), by_hand(model, batch)) < 1e-12


@pytest.mark.parametrize("micro", [1, 2, 4])
def test_a_mean_of_means_would_be_noticed(micro, batch, make_model):
    model = make_model("learned", dropout=0.0)
    assert furthest(by_hand(model, batch, of_means=micro), by_hand(model, batch)) > 0.05


@pytest.mark.parametrize("micro", CUTS)
def test_the_sums_that_are_recorded_are_nats_and_scored_tokens(micro, batch, make_model):
    model = make_model("learned", dropout=0.0)
    nats, n_scored = make_module(model, micro=micro).accumulate(batch, 0)
    log_p = model(batch.ids_BT).detach().log_softmax(-1).flatten(0, 1)
    wanted = [-float(p[i]) for p, i in zip(log_p, batch.target_BT.flatten(), strict=True) if i != UNSCORED]
    assert int(n_scored) == len(wanted) == 4 + 5 + 6 + 8 + 9 + 10 + 11
    assert float(nats) == pytest.approx(sum(wanted), rel=1e-6)


def test_a_batch_that_asks_nothing_changes_nothing(batch, make_model):
    model = make_model("none", dropout=0.0)
    empty = batch._replace(target_BT=torch.full_like(batch.target_BT, UNSCORED))
    assert all((gradient == 0).all() for gradient in gradients(model, empty, 4).values())


def test_bf16_sums_in_float32_and_stays_near(batch, make_model):
    model = make_model("rope", dropout=0.0).float()
    module = make_module(model, micro=4)
    exact = float(module.sum_nats(batch, 0).detach())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        nats = module.sum_nats(batch, 0)
        module.accumulate(batch, 0)
    assert nats.dtype == torch.float32 and float(nats.detach()) != exact
    assert float(nats.detach()) == pytest.approx(exact, rel=0.01)  # bfloat16 has 8 bits: 0.4 % a rounding
    assert all(weight.grad.dtype == torch.float32 and weight.grad.isfinite().all() for weight in model.parameters())


def test_dropout_is_a_function_of_seed_and_step(batch, make_model):
    model = make_model("none", dropout=0.3).train()

    def nats(step: int, seed: int = 0) -> float:
        torch.rand(step + 7)  # whatever was drawn before
        return float(make_module(model, micro=4, seed=seed).accumulate(batch, step)[0])

    assert nats(3) == nats(3)
    assert len({nats(3), nats(4), nats(5), nats(3, seed=1)}) == 4


def test_pieces_of_a_step_do_not_share_their_dropout(make_model):
    model = make_model("none", dropout=0.3).train()
    row = torch.arange(12)[None]
    alike = Batch(row.repeat(8, 1), row.repeat(8, 1), torch.arange(8), torch.full((8,), 12))
    module = make_module(model, micro=1)
    pieces = []
    sum_nats = module.sum_nats
    module.nats = lambda piece, step: pieces.append(sum_nats(piece, step)) or pieces[-1]
    module.accumulate(alike, 0)
    assert len({float(piece.detach()) for piece in pieces}) == 8


def test_no_dropout_draws_no_number(batch, make_model):
    model = make_model("none", dropout=0.0).train()
    torch.manual_seed(5)
    make_module(model, micro=2).accumulate(batch, 3)
    ours = torch.rand(1)
    torch.manual_seed(5)
    assert ours == torch.rand(1)


@pytest.fixture
def stepped(make_model, batch, monkeypatch) -> Callable[..., tuple[LightningLM, torch.optim.Optimizer]]:
    """A module after one training step of number `step`, without a Trainer."""

    def take(step: int, **settings) -> tuple[LightningLM, torch.optim.Optimizer]:
        module = make_module(make_model("learned", dropout=0.0), **settings)
        optimizer = torch.optim.SGD(module.model.parameters(), lr=1.0)
        monkeypatch.setattr(LightningLM, "trainer", type("T", (), {"global_step": step}))
        monkeypatch.setattr(LightningLM, "optimizers", lambda self: optimizer)
        module.training_step(batch, 0)
        return module, optimizer

    return take


@pytest.mark.parametrize(("step", "lr"), [(0, 0.02), (4, 0.1), (5, 0.1), (6, 0.1 * 0.5 * (1 + math.cos(math.pi / 5)))])
def test_the_learning_rate_is_the_schedule_s_at_that_step(step, lr, stepped):
    _, optimizer = stepped(step)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(lr, rel=1e-12)


def test_the_gradient_is_clipped_to_its_norm_and_the_norm_before_is_recorded(stepped, make_model, batch):
    free = by_hand(make_model("learned", dropout=0.0), batch)
    norm = math.sqrt(sum(float((gradient**2).sum()) for gradient in free.values()))
    before = {name: weight.detach().clone() for name, weight in make_model("learned", dropout=0.0).named_parameters()}
    module, _ = stepped(5, clip=norm / 4)
    assert float(module.measured[0][3]) == pytest.approx(norm, rel=1e-9)
    for name, weight in module.model.named_parameters():  # SGD with lr 0.1
        torch.testing.assert_close(before[name] - weight, 0.1 * free[name] / 4, rtol=1e-5, atol=1e-9)
    assert all(weight.grad is None for weight in module.model.parameters())


@pytest.mark.parametrize("position", ["none", "rope", "alibi", "learned"])
def test_documents_that_are_kept_apart_have_the_nats_of_rows_of_their_own(position, make_model):
    model = make_model(position, dropout=0.0)
    ids = torch.randint(0, 53, (2, 11), generator=torch.Generator().manual_seed(3))
    document = torch.tensor([[4] * 5 + [5] * 5, [0] * 2 + [1] * 8])
    batch = Batch(ids[:, :-1], ids[:, 1:], torch.arange(2), torch.full((2,), 10), document)
    apart = 0.0
    for row, cut in ((0, 5), (1, 2)):
        for first, past in ((0, cut), (cut, 10)):
            own = Batch(ids[row : row + 1, first:past], ids[row : row + 1, first + 1 : past + 1], *batch[2:4])
            apart += float(make_module(model).sum_nats(own, 0).detach())
    together = float(make_module(model).sum_nats(batch, 0).detach())
    assert together == pytest.approx(apart, rel=1e-10)
    assert together != pytest.approx(
        float(make_module(model).sum_nats(batch._replace(document_BT=None), 0).detach()), rel=1e-6
    )
