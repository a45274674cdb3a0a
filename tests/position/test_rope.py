import math
from dataclasses import replace

import pytest
import torch
from rotary import hugging_face

from wordorder.check import make
from wordorder.model.transformer import make_context
from wordorder.position.frequencies.longrope import LongRoPE
from wordorder.position.frequencies.plain import Plain
from wordorder.position.frequencies.proportional import Proportional
from wordorder.position.frequencies.yarn import YaRN
from wordorder.position.rope import RoPE

PLACES = [0, 1, 2, 5, 31]


def rope(**changed) -> RoPE:
    options = dict(head_dim=8, theta=10000.0, layout="half", rotary_fraction=1.0, frequencies=Plain())
    return RoPE(**{**options, **changed})


def matrix(place: int, head_dim: int, theta: float) -> torch.Tensor:
    """The paper's block-diagonal rotation (equations 14 and 15), entry by entry in float64."""
    R = torch.zeros(head_dim, head_dim, dtype=torch.float64)
    for m in range(head_dim // 2):
        angle = place * theta ** (-2 * m / head_dim)
        R[2 * m, 2 * m] = R[2 * m + 1, 2 * m + 1] = math.cos(angle)
        R[2 * m, 2 * m + 1], R[2 * m + 1, 2 * m] = -math.sin(angle), math.sin(angle)
    return R


def to_half(head_dim: int) -> torch.Tensor:
    """Where each channel of the `half` layout stands in the interleaved one."""
    return torch.tensor([2 * m for m in range(head_dim // 2)] + [2 * m + 1 for m in range(head_dim // 2)])


def rotate(
    x_BHSK: torch.Tensor, places: list[int], *, layout: str = "interleaved", theta: float = 10000.0
) -> torch.Tensor:
    """Queries as the scheme turns them at these places."""
    context = make_context(torch.zeros((1, len(places)), dtype=torch.int64))
    context = replace(context, place_BS=torch.tensor([places]))
    scheme = rope(head_dim=x_BHSK.shape[-1], theta=theta, layout=layout)
    q, k = scheme.transform_qk(x_BHSK, x_BHSK[:, :1], None, scheme.prepare(context))
    assert torch.equal(q[:, :1], k)
    return q


def random_heads(n_tokens: int, head_dim: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(2, 3, n_tokens, head_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).to(
        dtype
    )


@pytest.mark.parametrize(("head_dim", "theta"), [(2, 10000.0), (8, 10000.0), (64, 10000.0), (8, 500000.0)])
def test_interleaved_is_the_rotation_matrix_of_the_paper(head_dim, theta):
    x = random_heads(len(PLACES), head_dim)
    expected = torch.stack([x[:, :, s] @ matrix(p, head_dim, theta).T for s, p in enumerate(PLACES)], 2)
    torch.testing.assert_close(rotate(x, PLACES, theta=theta), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("head_dim", [2, 8, 64])
def test_half_is_the_same_rotation_of_permuted_channels(head_dim):
    x, order = random_heads(len(PLACES), head_dim), to_half(head_dim)
    half = rotate(x[..., order], PLACES, layout="half")
    torch.testing.assert_close(half, rotate(x, PLACES)[..., order], rtol=0, atol=1e-12)
    assert head_dim == 2 or not torch.allclose(rotate(x, PLACES, layout="half"), rotate(x, PLACES))


def test_half_pairs_channel_m_with_its_partner_half_a_head_away():
    x = torch.zeros(1, 1, 1, 8)
    x[..., 1] = 1.0
    angle = 3 * 10000 ** (-2 / 8)
    expected = torch.tensor([0, math.cos(angle), 0, 0, 0, math.sin(angle), 0, 0])
    torch.testing.assert_close(rotate(x, [3], layout="half")[0, 0, 0], expected)


def test_frequencies_are_the_published_ones():
    published = {0: 1.0, 4: 0.3162278, 8: 0.1, 12: 0.03162278, 16: 0.01, 24: 0.001, 31: 1.333521e-4}
    x = torch.zeros(1, 1, 1, 64)
    x[..., 0::2] = 1.0
    turned = rotate(x, [1])[0, 0, 0]
    angle = torch.atan2(turned[1::2], turned[0::2])
    for m, frequency in published.items():
        assert angle[m].item() == pytest.approx(frequency, rel=1e-6)


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_scores_depend_on_the_distance_alone(layout):
    q, k = random_heads(2, 8)[0, 0]

    def score(i: int, j: int) -> float:
        turned = rotate(torch.stack((q, k))[None, None], [i, j], layout=layout)[0, 0]
        return float(turned[0] @ turned[1])

    for distance in (0, 1, 7):
        scores = [score(j + distance, j) for j in (0, 1, 100, 1000)]
        assert max(scores) - min(scores) < 2e-3  # float32 angles of 1000 are off by 6e-5
    assert abs(score(5, 0) - score(0, 5)) > 1e-3  # and on its sign


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_a_rotation_keeps_norms_and_place_zero(layout):
    x = random_heads(len(PLACES), 16)
    turned = rotate(x, PLACES, layout=layout)
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1), rtol=1e-6, atol=0)
    assert torch.equal(turned[:, :, 0], x[:, :, 0])


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_angles_do_not_round_to_bfloat16(layout):
    places = [255, 257, 4095]
    x = random_heads(3, 64, torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        turned = rotate(x, places, layout=layout)
    assert turned.dtype == torch.bfloat16
    channels = to_half(64) if layout == "half" else torch.arange(64)
    for s, place in enumerate(places):
        plain = torch.empty(2, 3, 64, dtype=torch.float64)
        plain[..., channels] = x[:, :, s].double()
        expected = (plain @ matrix(place, 64, 10000.0).T)[..., channels]
        # half a unit in the last place of bfloat16 is 2^-8 of a value below 4; angles in bfloat16 would be off by 0.5
        torch.testing.assert_close(turned[:, :, s].double(), expected, rtol=2**-8, atol=2e-3)


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_float64_is_not_narrowed_on_its_way(layout):
    x = random_heads(3, 4)[:1].requires_grad_()
    assert torch.autograd.gradcheck(lambda x: rotate(x, [0, 3, 7], layout=layout), [x])


def test_new_tokens_are_turned_by_the_last_places():
    scheme = rope()
    x = random_heads(7, 8)
    whole = scheme.prepare(make_context(torch.zeros((2, 7), dtype=torch.int64)))
    last = scheme.prepare(make_context(torch.zeros((2, 7), dtype=torch.int64), n_new=2))
    q, k = scheme.transform_qk(x, x, None, whole)
    q_new, k_new = scheme.transform_qk(x[:, :, -2:], x, None, last)
    assert torch.equal(q_new, q[:, :, -2:]) and torch.equal(k_new, k)


def test_values_and_scores_are_left_alone():
    scheme = rope()
    assert scheme.score_mod(None, None, None, None) is None
    assert not list(scheme.parameters()) and not list(scheme.buffers())


# Some of the channels, and the presets.


def turn(scheme: RoPE, x_BHSK: torch.Tensor) -> torch.Tensor:
    """Queries as the scheme turns them at places 0, 1, 2 ..."""
    pos = scheme.prepare(make_context(torch.zeros(x_BHSK.shape[0], x_BHSK.shape[2], dtype=torch.int64)))
    return scheme.transform_qk(x_BHSK, x_BHSK, None, pos)[0]


@pytest.fixture
def preset(compose_config):
    def made(name: str, *words: str) -> RoPE:
        return make(compose_config(f"position={name}", "model.head_dim=64", *words)["position"], "position")

    return made


def like_gpt_neox(x_BHSK: torch.Tensor, **rope_parameters) -> torch.Tensor:
    """What Hugging Face's GPT-NeoX makes of queries."""
    from transformers import GPTNeoXConfig
    from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXRotaryEmbedding, apply_rotary_pos_emb

    n_heads, n_tokens, head_dim = x_BHSK.shape[1:]
    sizes = dict(hidden_size=n_heads * head_dim, num_attention_heads=n_heads)
    given = {"rope_type": "default", "rope_theta": 10000.0} | rope_parameters
    embedding = GPTNeoXRotaryEmbedding(GPTNeoXConfig(**sizes, rope_parameters=given))
    cos, sin = embedding(x_BHSK, torch.arange(n_tokens)[None])
    return apply_rotary_pos_emb(x_BHSK, x_BHSK, cos, sin)[0]


ANGLES = dict(rtol=0, atol=1e-4)  # theirs and ours are float32: those of place 40 are off by 4e-6 each


def test_rope_partial_is_gpt_neox(preset):
    x, scheme = random_heads(40, 64), preset("rope_partial")
    assert scheme.width == 16
    torch.testing.assert_close(turn(scheme, x), like_gpt_neox(x, partial_rotary_factor=0.25), **ANGLES)
    assert torch.equal(turn(scheme, x)[..., 16:], x[..., 16:])
    assert (turn(scheme, x) - turn(preset("rope"), x)).abs().max() > 0.1


def test_rope_partial_interleaved_is_gpt_j(preset):
    from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb, create_sinusoidal_positions

    x, scheme = random_heads(40, 64), preset("rope_partial", "position.layout=interleaved")
    sin, cos = create_sinusoidal_positions(40, scheme.width)[None].chunk(2, dim=-1)
    theirs = apply_rotary_pos_emb(x.transpose(1, 2)[..., : scheme.width], sin, cos).transpose(1, 2)
    torch.testing.assert_close(turn(scheme, x), torch.cat((theirs, x[..., scheme.width :]), -1), **ANGLES)


def test_p_rope_is_hugging_faces_proportional_rotation(preset):
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    x = random_heads(40, 64)
    omega_R, _ = hugging_face("proportional", 64, 10000.0, trained=128, partial_rotary_factor=0.75)
    assert int((omega_R > 0).sum()) == 24
    angle_SK = torch.arange(40)[:, None] * torch.cat((omega_R, omega_R))
    theirs, _ = apply_rotary_pos_emb(x, x, angle_SK.cos()[None], angle_SK.sin()[None])
    torch.testing.assert_close(turn(preset("p_rope"), x), theirs, **ANGLES)


@pytest.mark.parametrize("fraction", [0.25, 0.75])
def test_fewer_channels_are_not_fewer_frequencies(fraction):
    x = random_heads(40, 64)
    partial = rope(head_dim=64, rotary_fraction=fraction)
    proportional = rope(head_dim=64, frequencies=Proportional(fraction=fraction))
    still = [(turn(scheme, x)[:, :, 1:] == x[:, :, 1:]).all((0, 1, 2)) for scheme in (partial, proportional)]
    n = int(64 * fraction)
    assert still[0].tolist() == [channel >= n for channel in range(64)]
    assert still[1].tolist() == [channel % 32 >= n // 2 for channel in range(64)]
    omegas = [scheme.frequencies.omega(scheme.width, scheme.theta, horizon=1) for scheme in (partial, proportional)]
    assert (omegas[0][1:] < omegas[1][1 : n // 2]).all()  # the same number of pairs turns, but only with theta^(-2m/K)


def test_rope_llama3_is_llama_3_1(preset):
    scheme = preset("rope_llama3")
    published = {0: 1.0, 4: 0.1939228, 8: 0.03760603, 12: 7.292665e-3, 16: 5.248460e-4, 31: 3.767323e-7}
    omega_R = scheme.frequencies.omega(scheme.width, scheme.theta, horizon=1)
    assert {m: float(omega_R[m]) for m in published} == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize(("fraction", "width"), [(1.0, 20), (0.5, 10), (0.25, 4), (0.05, 2), (0.01, 2)])
def test_channels_turn_in_whole_pairs_and_one_at_least(fraction, width):
    x, scheme = random_heads(9, 20), rope(head_dim=20, rotary_fraction=fraction)
    moved = (turn(scheme, x)[:, :, 1:] != x[:, :, 1:]).any(0).any(0).any(0)
    assert scheme.width == width and moved.tolist() == [channel < width for channel in range(20)]


def test_a_gain_is_on_the_rotated_channels_alone():
    yarn = YaRN(factor=4.0, trained_length=128, beta_fast=32.0, beta_slow=1.0, gain=1.5, truncate=True)
    x = random_heads(9, 20)
    turned = turn(rope(head_dim=20, rotary_fraction=0.4, frequencies=yarn), x)
    torch.testing.assert_close(turned[..., :8].norm(dim=-1), 1.5 * x[..., :8].norm(dim=-1), rtol=1e-6, atol=0)
    assert torch.equal(turned[..., 8:], x[..., 8:])


def test_the_promise_about_length_is_that_of_the_frequencies():
    longrope = LongRoPE(factor=4.0, trained_length=8, short_factors=[], long_factors=[])
    assert rope().length_free and not rope(frequencies=longrope).length_free


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"head_dim": 7}, "head_dim=7"),
        ({"theta": 0.0}, "theta=0.0"),
        ({"theta": -1.0}, "theta"),
        ({"rotary_fraction": 0.0}, "rotary_fraction=0.0"),
        ({"rotary_fraction": 1.5}, "rotary_fraction=1.5"),
    ],
)
def test_bad_values_are_named(bad, says):
    with pytest.raises(ValueError, match=says):
        rope(**bad)
