"""The contract on a CUDA card: `python -m pytest -m gpu` holds every scheme of the shelf to it and writes what became of it.

The definition is the dense kernel in float64 on the processor. Another kernel or device computes in float32, which rounds: how
much that may matter differs from scheme to scheme by a thousand, so the yardstick is how far the dense kernel in float32 is
from the definition, and eight times that is allowed, for sums in another order.
"""

from pathlib import Path

import pytest
import torch

from wordorder.contract.bench import Bench, run, text
from wordorder.contract.kernels import by_kernel, kernels, loss_and_gradients
from wordorder.model.attention import choose_kernel
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme

NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "conf" / "position").glob("*.yaml"))
SIZES = {"d_model": 192, "n_heads": 12, "n_kv_heads": 3, "head_dim": 16, "context_length": 256}
# FlexAttention takes a head_dim from 16 on and, decoding, 2^n query heads a key head.
LENGTH = 160  # more than one of FlexAttention's blocks of 128, and not a multiple
ORDER = 8  # times the yardstick

each_scheme = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def exact_products():
    """TF32 keeps ten bits of a float32."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    torch.compiler.reset()  # a graph for each shape and scheme would pass torch's limit of recompilations
    yield
    torch.set_float32_matmul_precision(before)


def on(bench: Bench, device: str, **sizes) -> tuple[Transformer, torch.Tensor]:
    """A float32 model on this device, and ids to read."""
    return bench.model(**SIZES, **sizes).float().to(device), text(n_tokens=LENGTH).to(device)


def definition(bench: Bench) -> tuple[dict[str, torch.Tensor], float]:
    """Logits and gradients of the dense kernel in float64, and how far from them float32 may be."""
    rounded, ids = on(bench, "cpu", kernel="dense")
    exact = loss_and_gradients(bench.model(**SIZES, kernel="dense"), ids)
    return exact, ORDER * furthest(loss_and_gradients(rounded, ids), exact)


def furthest(ours: dict[str, torch.Tensor], exact: dict[str, torch.Tensor]) -> float:
    """The largest difference as a part of the largest value of its tensor; a gradient that is zero but for rounding, as that
    of the key's bias often is, counts as a thousandth of the largest."""
    least = 1e-3 * max(float(value.abs().max()) for value in exact.values())
    far = ((ours[key].double().cpu() - b).abs().max() / b.abs().max().clamp(min=least) for key, b in exact.items())
    return float(torch.stack(list(far)).max())  # not a number if one is not


def served(scheme: PositionScheme, device: str) -> list[str]:
    """The kernels that must serve a scheme on this device: flex all but a softmax of the scheme's own."""
    return kernels(scheme) + ["flex"] * (device == "cuda" and not scheme.replaces_softmax)


def too_far(bench: Bench, device: str) -> dict[str, float]:
    """How far each kernel that serves is from the definition, of those that are further than they may be."""
    exact, allowed = definition(bench)
    model, ids = on(bench, device)
    results = by_kernel(model, ids, served(model.position, device))
    return {name: far for name, result in results.items() if not (far := furthest(result, exact)) < allowed}


def too_far_in_bfloat16(bench: Bench, device: str) -> dict[str, float]:
    """The same under bfloat16 autocast, where the dense kernel under autocast is the yardstick."""
    exact, _ = definition(bench)
    model, ids = on(bench, device)
    with torch.autocast(device, dtype=torch.bfloat16):
        results = by_kernel(model, ids, kernels(model.position))
    allowed = ORDER * furthest(results["dense"], exact)
    return {name: far for name, result in results.items() if not (far := furthest(result, exact)) < allowed}


def decodes_as_the_whole(bench: Bench, device: str, kernel: str) -> bool:
    """Logits made in uneven pieces with a cache are those of the definition."""
    exact, allowed = definition(bench)
    model, ids = on(bench, device, kernel=kernel)
    cache, pieces = model.empty_cache(), ids.split([1, 70, 1, 2, LENGTH - 74], 1)
    with torch.no_grad():
        logits = torch.cat([model(piece, cache=cache, horizon=LENGTH) for piece in pieces], 1)
    return all(furthest({"logits": one}, {"logits": exact["logits"]}) < allowed for one in (logits, run(model, ids)))


def refused(model: Transformer, ids: torch.Tensor, names: set[str]) -> set[str]:
    """Which of these kernels answer with a ValueError that names them."""
    said = set()
    for model.kernel in sorted(names):
        try:
            model(ids)
        except ValueError as error:
            said |= {model.kernel} if f"kernel={model.kernel}" in str(error) else set()
    return said


def train_a_step(model: Transformer, ids: torch.Tensor) -> torch.Tensor:
    """One step of AdamW under bfloat16 autocast; all weights and gradients after it, as one vector."""
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-3)
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        logits = model(ids)
    torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten()).backward()
    optimizer.step()
    return torch.cat([part.flatten() for weight in model.parameters() for part in (weight, weight.grad)])


# On a card.


@pytest.mark.gpu
@each_scheme
def test_kernels_agree_on_the_card(name, make_bench):
    assert too_far(make_bench(name), "cuda") == {}


@pytest.mark.gpu
@each_scheme
def test_kernels_agree_in_bfloat16_on_the_card(name, make_bench):
    assert too_far_in_bfloat16(make_bench(name), "cuda") == {}


@pytest.mark.gpu
@each_scheme
def test_what_cannot_serve_is_refused_on_the_card(name, make_bench):
    model, ids = on(make_bench(name), "cuda")
    cannot = {"sdpa", "bias", "flex"} - set(served(model.position, "cuda"))
    assert refused(model, ids, cannot) == cannot


@pytest.mark.gpu
@each_scheme
def test_a_training_step_in_bfloat16_is_finite(name, make_bench):
    assert train_a_step(*on(make_bench(name), "cuda")).isfinite().all()


@pytest.mark.gpu
@pytest.mark.parametrize("kernel", ["auto", "dense"])
@each_scheme
def test_decoding_equals_the_whole_on_the_card(name, kernel, make_bench):
    assert decodes_as_the_whole(make_bench(name), "cuda", kernel)


# What these are made of, on the processor.


@pytest.mark.parametrize("name", ["rope", "alibi", "t5"])
def test_kernels_agree_on_the_processor(name, make_bench):
    assert too_far(make_bench(name), "cpu") == {}
    assert too_far_in_bfloat16(make_bench(name), "cpu") == {}
    assert decodes_as_the_whole(make_bench(name), "cpu", "auto")


class Wrong(PositionScheme):
    """Says that it adds, so that the bias kernel serves, and multiplies by a little more than 1."""

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score * (1 + 1e-3 * (i == j))


class Indexed(PositionScheme):
    """Reads an index where it should read an id."""

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 1e-3 * (i - j).abs()


def test_a_disagreement_is_seen():
    assert set(too_far(Bench(lambda sizes: Wrong()), "cpu")) == {"bias"}
    assert not decodes_as_the_whole(Bench(lambda sizes: Indexed()), "cpu", "auto")


@each_scheme
def test_flex_on_a_card_would_serve_all_but_an_own_softmax(name, make_bench):
    scheme = make_bench(name).model().position
    try:
        taken = choose_kernel(scheme, "flex", device="cuda") == "flex"
    except ValueError as error:
        taken = "kernel=flex" not in str(error)
    assert taken == ("flex" in served(scheme, "cuda"))


def test_a_refusal_is_seen(make_bench):
    model, ids = on(make_bench("alibi"), "cpu")
    assert refused(model, ids, {"sdpa", "bias", "flex"}) == {"sdpa", "flex"}


def test_a_step_that_is_not_finite_is_seen(make_bench):
    model, ids = on(make_bench("t5"), "cpu")
    assert train_a_step(model, ids).isfinite().all()
    with torch.no_grad():
        model.position.table[0, 0, 0] = float("inf")
    assert not train_a_step(model, ids).isfinite().all()
