"""Far from position 0 a scheme that promises shift_invariant keeps it: the scores at ids + 65,536 are those at ids.

Queries and keys have unit variance and K = 64, so that q . k / sqrt(K) is about 1. What may be lost, and the bounds:

float32   Distances of integers are exact, so a bias loses nothing. An angle p * omega near 2^16 omega is rounded by up to
          2^-8 omega, 2^-24 of itself (where omega = 1, not at all). Two of them turn each pair of channels, of length
          sqrt(2) in q and in k: at theta = 10000, where the other omega sum to 3, all errors alike and at their largest make
          2 * 2^-8 * 3 * 2 / 8 = 0.006. Signs differ, and lengths vary; 2^-7 = 0.008 is asked for.
bfloat16  Queries and keys come and go in bfloat16, each channel rounded by up to 2^-9 of itself, 2^-9 / 2 in the mean: over 64
          products of such channels, two at either end, sqrt(64) * sqrt(4) * 2^-10 / 8 = 0.002, and about six times that for the
          largest of 8,320 scores; with the float32 part 0.016. Twice that, 2^-5 = 0.031, is asked for.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hooks import attention, context_of, random_parameters, scores

from wordorder.check import make
from wordorder.position.base import PositionScheme
from wordorder.position.context import Places
from wordorder.position.rotation import Rotation
from wordorder.position.wrapper import Wrapper

NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "conf" / "position").glob("*.yaml"))
SHIFT, T, H, G, K, LAYERS = 65_536, 64, 4, 2, 64, 4
SIZES = {"d_model": H * K, "n_layers": LAYERS, "n_heads": H, "n_kv_heads": G, "head_dim": K}
FLOAT32, BFLOAT16 = 2**-7, 2**-5


class UnderAutocast(Wrapper):
    """Gives the hooks what they get under bfloat16 autocast; scores are float32 there too."""

    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        q, k = super().transform_qk(q_BHTK.bfloat16(), k_BGSK.bfloat16(), x_BSD.bfloat16(), pos)
        return q.float(), k.float()

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        read = (one.bfloat16() for one in (q_BHTK, k_BGSK, x_BSD)) if self.content else (None, None, None)
        return super().score_mod(*read, pos)


@torch.no_grad()
def lost(scheme: PositionScheme) -> float:
    """The largest change of a score that a query may see, over all layers and pairs; of an output too where the scheme may
    have a softmax of its own."""
    draw = torch.Generator().manual_seed(0)
    q, k, v, x = (torch.randn(1, *shape, generator=draw) for shape in ((H, T, K), (G, T, K), (G, T, K), (T, H * K)))
    near = context_of(1, T)
    far = replace(near, place_BS=near.place_BS + SHIFT, horizon=near.horizon + SHIFT)
    changes = []
    for layer in range(LAYERS):
        a, b = (scores(scheme, q, k, x, context, layer=layer) for context in (near, far))
        assert torch.equal(a.isfinite(), b.isfinite())  # the same keys are hidden
        changes.append((a - b)[a.isfinite()].abs().max())
        if scheme.needs == "dense":
            a, b = (attention(scheme, q, k, v, x, context, layer=layer) for context in (near, far))
            changes.append((a - b).abs().max())
    return float(torch.stack(changes).max())


@pytest.fixture(scope="module")
def far_going(compose_config) -> Callable[[str], PositionScheme]:
    """The scheme of a yaml in float32, its parameters drawn N(0, 0.5)."""

    def scheme_of(name: str) -> PositionScheme:
        words = (f"model.{key}={value}" for key, value in SIZES.items())
        scheme = make(compose_config(f"position={name}", *words)["position"], "position")
        scheme.bind([bytes([number]) for number in range(256)])
        return random_parameters(scheme).float()

    return scheme_of


@pytest.mark.parametrize("name", NAMES)
def test_scores_at_65_536_are_those_at_0(name, far_going):
    scheme = far_going(name)
    if scheme.shift_invariant and scheme.max_position is None:
        assert lost(scheme) < FLOAT32
        assert lost(UnderAutocast([scheme])) < BFLOAT16


class RoPEOf(PositionScheme):
    """RoPE whose angles are computed in a dtype."""

    shift_invariant = True

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def prepare(self, context):
        omega = 10000 ** (-torch.arange(0, K, 2, dtype=torch.float64) / K)
        angle = context.place_BS[:, None, :, None].to(self.dtype) * omega.to(self.dtype)
        return Rotation.by(angle.float(), context.n_new)

    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return pos.qk(q_BHTK, k_BGSK, "half")


class ALiBiOf(PositionScheme):
    """ALiBi whose ids are in a dtype."""

    shift_invariant = True

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos: Places):
        ids = replace(pos, k_BS=pos.k_BS.to(self.dtype))
        return lambda score, b, h, i, j: score - 2.0 ** -(2 * h + 2) * (ids.q(b, i) - ids.k(b, j))


@pytest.mark.parametrize("planted", [RoPEOf, ALiBiOf])
def test_bfloat16_angles_and_distances_are_seen(planted):
    assert lost(planted(torch.float32)) < FLOAT32
    assert lost(UnderAutocast([planted(torch.float32)])) < BFLOAT16
    assert lost(planted(torch.bfloat16)) > 16 * BFLOAT16
