import math
from dataclasses import replace

import pytest
import torch
from hooks import bias as bias_of
from hooks import context_of, random_parameters

from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi

PUBLISHED = {  # Press et al. 2021, section 3 and the authors' code
    1: [2**-8],
    2: [2**-4, 2**-8],
    6: [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8],
    8: [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256],
    12: [*(2.0**-n for n in range(1, 9)), 0.7071068, 0.3535534, 0.1767767, 0.0883883],
}


def recursive_slopes(n_heads: int) -> list[float]:
    """Another formulation: a geometric sequence for powers of two, which starts at the ratio; the rest from twice as many."""
    exponent = math.log2(n_heads)
    if exponent.is_integer():
        ratio = 2 ** -(2 ** -(exponent - 3))
        return [ratio * ratio**n for n in range(n_heads)]
    below = 2 ** math.floor(exponent)
    return recursive_slopes(below) + recursive_slopes(2 * below)[0::2][: n_heads - below]


def bias(n_heads: int, place_BS: torch.Tensor, score: torch.Tensor, n_new: int | None = None) -> torch.Tensor:
    """What the scheme makes of a score, for all heads, queries and keys."""
    n_batch, n_tokens = place_BS.shape
    context = make_context(torch.zeros((n_batch, n_tokens), dtype=torch.int64), n_new)
    scheme = ALiBi(n_heads=n_heads, learned=False)
    change = scheme.score_mod(None, None, None, scheme.prepare(replace(context, place_BS=place_BS)))
    sizes = (n_batch, n_heads, context.n_new, n_tokens)
    at = [
        torch.arange(size).view([-1 if axis == place else 1 for axis in range(4)]) for place, size in enumerate(sizes)
    ]
    return change(score, *at)


@pytest.mark.parametrize("n_heads", PUBLISHED)
def test_slopes_are_the_published_ones(n_heads):
    assert ALiBi(n_heads=n_heads, learned=False).slopes == pytest.approx(PUBLISHED[n_heads], rel=1e-6)


@pytest.mark.parametrize("n_heads", range(1, 65))
def test_slopes_of_any_number_of_heads(n_heads):
    slopes = ALiBi(n_heads=n_heads, learned=False).slopes
    assert slopes == pytest.approx(recursive_slopes(n_heads), rel=1e-12)
    assert len(set(slopes)) == n_heads and all(0 < slope < 1 for slope in slopes)


def bloom(n_heads: int, n_tokens: int) -> torch.Tensor:
    """What is added to the scores of each key, (H, 1, S)."""
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor

    return build_alibi_tensor(torch.ones(1, n_tokens, dtype=torch.int64), n_heads, torch.float32)


def mpt(n_heads: int, n_tokens: int) -> torch.Tensor:
    from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor

    return build_mpt_alibi_tensor(n_heads, n_tokens)


@pytest.mark.parametrize("builder", [bloom, mpt])
def test_the_last_query_is_biased_as_in_public_models_of_any_number_of_heads(builder):
    n_tokens = 50
    for n_heads in range(1, 129):
        theirs = builder(n_heads, n_tokens).view(n_heads, n_tokens).double()
        theirs = theirs - theirs[:, -1:]  # they add slope * j up to a constant, which softmax cancels
        ours = bias(n_heads, torch.arange(n_tokens)[None], torch.zeros(()), n_new=1)[0, :, 0].double()
        # BLOOM raises a float32 base to powers up to H
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n_heads", [6, 8, 12])
def test_scores_are_those_of_the_equation(n_heads):
    score = torch.randn(1, n_heads, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    out = bias(n_heads, torch.arange(9)[None], score)
    for h in range(n_heads):
        for i in range(9):
            for j in range(i + 1):
                expected = score[0, h, i, j].item() - PUBLISHED[n_heads][h] * (i - j)
                assert out[0, h, i, j].item() == pytest.approx(expected, abs=1e-6)


def test_ids_are_read_and_not_indices():
    place = torch.tensor([[0, 3, 10, 40], [7, 8, 9, 30]])
    out = bias(2, place, torch.zeros(()))
    for b in range(2):
        for i in range(4):
            for j in range(4):
                distance = place[b, i].item() - place[b, j].item()
                assert out[b, :, i, j].tolist() == [-distance / 16, -distance / 256]


def test_new_tokens_take_the_last_places():
    whole = bias(6, torch.arange(20)[None], torch.zeros(()))
    assert torch.equal(bias(6, torch.arange(20)[None], torch.zeros(()), n_new=3), whole[:, :, -3:])


def test_distances_do_not_round_to_bfloat16():
    places = torch.tensor([[0, 1, 255, 256, 257, 4094, 4095]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = bias(8, places, torch.zeros((), dtype=torch.bfloat16))
    assert out.dtype == torch.float32
    distance = (places[0, :, None] - places[0]).double()
    for h, slope in enumerate(PUBLISHED[8]):
        assert torch.equal(out[0, h].double(), -slope * distance)  # powers of two: exact


def test_nothing_is_learned_or_saved():
    assert not list(ALiBi(n_heads=6, learned=False).state_dict())


def test_learned_slopes_begin_as_the_published_ones():
    scheme = ALiBi(n_heads=6, learned=True)
    scheme.initialise(lambda name: torch.Generator())
    assert [(name, tuple(weight.shape)) for name, weight in scheme.named_parameters()] == [("log_slope", (6,))]
    fixed = bias_of(ALiBi(n_heads=6, learned=False), context_of(1, 9), n_heads=6)
    # float32: exp of a rounded logarithm of up to 5.5 in size
    torch.testing.assert_close(bias_of(scheme, context_of(1, 9), n_heads=6), fixed, rtol=1e-6, atol=0)


def test_learned_slopes_are_those_of_the_equation():
    scheme = random_parameters(ALiBi(n_heads=6, learned=True))
    out = bias_of(scheme, context_of(1, 9), n_heads=6)
    for h, log_slope in enumerate(scheme.log_slope.tolist()):
        for i in range(9):
            for j in range(i + 1):
                assert out[0, h, i, j].item() == pytest.approx(-math.exp(log_slope) * (i - j), rel=1e-14)


@pytest.mark.parametrize("n_heads", [0, -4])
def test_no_heads_are_refused(n_heads):
    with pytest.raises(ValueError, match=f"n_heads={n_heads}"):
        ALiBi(n_heads=n_heads, learned=False)
