"""A dropped scheme against none at all, with the same weights; and training that is cut and resumed anywhere."""

import math

import pytest
import torch
from hooks import context_of, scores

from wordorder.check import make
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.position.drope import DroPE
from wordorder.position.none import NoPE

INNER = ["rope", "alibi", "learned", "cope"]  # on q and k, on scores, at the embedding, reading content
N_STEPS = 6


def drope(scheme: PositionScheme | None = None, **changed) -> DroPE:
    return DroPE(scheme=scheme or NoPE(), **{**dict(drop_at=0.875, temperature=0.0, trained_length=16), **changed})


@pytest.fixture
def build(compose_config):
    """build("position=drope", ...) -> a float64 model with these words."""

    def build_model(*words: str) -> Transformer:
        sizes = dict(d_model=24, n_layers=2, n_heads=6, n_kv_heads=2, head_dim=4, d_ff=40, context_length=16)
        sizes |= dict(tie_embeddings="false", init_std=0.3)
        config = compose_config(*words, *(f"model.{key}={value}" for key, value in sizes.items()))
        model = make(config["model"], "model", vocab_size=53, position=make(config["position"], "position"))
        return model.double().initialise(0).eval()

    return build_model


def draw_ids(n_batch: int, n_tokens: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(53, (n_batch, n_tokens), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n_steps", [1, 7, 8, 1000])
def test_the_scheme_goes_at_its_share_of_all_steps(n_steps):
    scheme = drope(drop_at=0.875)
    for step in range(n_steps + 1):
        scheme.at_step(step, n_steps)
        assert scheme.dropped == (step >= round(0.875 * n_steps))
    assert scheme.dropped


def test_what_acts_is_a_function_of_the_step_alone():
    scheme = drope()
    for step in (7, 0, 8, 6, 7):
        scheme.at_step(step, 8)
        assert scheme.dropped == (step >= 7)
    scheme = drope(drop_at=1.0)
    scheme.at_step(7, 8)
    assert not scheme.dropped


@pytest.mark.parametrize("inner", INNER)
def test_before_the_drop_it_is_the_scheme_inside(inner, build):
    model, bare = build("position=drope", f"position@position.scheme={inner}"), build(f"position={inner}")
    ids = draw_ids(2, 12)
    model.position.at_step(6, 8)
    assert torch.equal(model(ids), bare(ids))
    assert model.position.needs == bare.position.needs and model.position.content == bare.position.content
    assert model.position.orders and model.position.max_position == bare.position.max_position


@pytest.mark.parametrize("inner", INNER)
def test_once_trained_it_is_no_scheme_bit_for_bit(inner, build):
    model, none = build("position=drope", f"position@position.scheme={inner}"), build("position=none")
    ids, names = draw_ids(2, 12), set(model.state_dict())
    assert not torch.equal(model(ids), none(ids))
    model.position.at_step(N_STEPS, N_STEPS)
    assert torch.equal(model(ids), none(ids))
    assert model(draw_ids(2, 40)).isfinite().all()  # longer than any table
    assert set(model.state_dict()) == names


@pytest.mark.parametrize("inner", INNER)
def test_once_trained_it_promises_what_no_scheme_promises(inner, build):
    scheme = build("position=drope", f"position@position.scheme={inner}").position
    scheme.at_step(N_STEPS, N_STEPS)
    promises = ("max_position", "orders", "shift_invariant", "length_free", "content", "additive", "by_row", "needs")
    assert {name: getattr(scheme, name) for name in promises} == {name: getattr(NoPE(), name) for name in promises}


def train(model: Transformer, optimizer: torch.optim.Optimizer, first: int, last: int) -> None:
    """Steps first .. last - 1 of N_STEPS, each a function of its number."""
    for step in range(first, last):
        model.position.at_step(step, N_STEPS)
        ids = draw_ids(2, 12, seed=step)
        logits = model(ids, step=step)
        torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


@pytest.mark.parametrize("inner", ["alibi", "learned"])
def test_training_resumed_at_any_step_ends_with_the_same_bits(inner, build):
    def fresh() -> tuple[Transformer, torch.optim.Optimizer]:
        model = build("position=drope", f"position@position.scheme={inner}", "position.drop_at=0.5").train()
        return model, torch.optim.AdamW(model.parameters(), lr=0.01)

    whole, optimizer = fresh()
    train(whole, optimizer, 0, N_STEPS)
    for cut in range(1, N_STEPS):
        first, optimizer = fresh()
        train(first, optimizer, 0, cut)
        saved = first.state_dict(), optimizer.state_dict()
        second, optimizer = fresh()
        second.load_state_dict(saved[0])
        optimizer.load_state_dict(saved[1])
        train(second, optimizer, cut, N_STEPS)
        torch.testing.assert_close(second.state_dict(), whole.state_dict(), rtol=0, atol=0)


def test_own_weights_of_the_scheme_stay_where_they_were_when_it_went(build):
    model = build("position=drope", "position@position.scheme=learned", "position.drop_at=0.5").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
    train(model, optimizer, 0, 3)
    then = {name: weight.clone() for name, weight in model.state_dict().items()}
    train(model, optimizer, 3, N_STEPS)
    moved = {name for name, weight in model.state_dict().items() if not torch.equal(weight, then[name])}
    assert moved == {name for name in then if not name.startswith("position.")}


@pytest.mark.parametrize(("horizon", "beta"), [(8, 1.0), (16, 1.0), (32, 1 + 0.412 * math.log(2)), (48, 1.4526283)])
def test_scores_of_longer_texts_grow_by_beta(horizon, beta):
    scheme = drope(temperature=0.412).eval()
    q, k = (torch.randn(1, 2, 6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (0, 1))
    context = context_of(1, 6, horizon=horizon)
    plain = scores(scheme, q, k, q, context)
    scheme.at_step(N_STEPS, N_STEPS)
    got = scores(scheme, q, k, q, context)
    for h in range(2):
        for i in range(6):
            for j in range(i + 1):
                product = sum(q[0, h, i, c].item() * k[0, h, j, c].item() for c in range(4)) / 2
                assert got[0, h, i, j].item() == pytest.approx(beta * product, abs=1e-7)
                assert plain[0, h, i, j].item() == pytest.approx(product, abs=1e-12)  # not before the drop


def test_beta_is_for_a_trained_model_only_and_depends_on_the_length():
    scheme = drope(temperature=0.412)
    scheme.at_step(7, 8)
    assert scheme.dropped and not scheme.sharpens and scheme.length_free
    scheme.eval()
    assert scheme.sharpens and not scheme.length_free
    assert drope().eval().length_free


def test_decoding_at_a_stated_horizon_is_the_whole_with_beta(build):
    model, ids = build("position=drope", "position.temperature=0.412"), draw_ids(2, 37)
    model.position.at_step(N_STEPS, N_STEPS)
    cache = model.empty_cache()
    pieces = [model(piece, cache=cache, horizon=37) for piece in ids.split([1, 5, 30, 1], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids), rtol=0, atol=1e-11)  # another order of summation
    assert not torch.allclose(model(ids[:, :20]), model(ids)[:, :20], atol=1e-3)


@pytest.mark.parametrize(
    "bad",
    [{"drop_at": -0.1}, {"drop_at": 1.1}, {"temperature": -1.0}, {"temperature": math.nan}, {"trained_length": 0}],
)
def test_bad_arguments_are_refused(bad):
    (name, value) = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"{name}={value} "):
        drope(**bad)
