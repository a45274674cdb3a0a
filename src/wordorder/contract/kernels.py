"""One scheme, several kernels: they agree in values and gradients, and one that cannot serve is refused by name."""

from collections.abc import Callable
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from wordorder.contract.bench import SIZES, Bench, agree, at, demand, mods, text
from wordorder.model.attention import choose_kernel
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.base import KERNELS, PositionScheme


def kernels(scheme: PositionScheme) -> list[str]:
    """Which kernels must serve this scheme on a CPU, by what it promises and overrides; dense, the definition, first."""
    return list(reversed(KERNELS[KERNELS.index(scheme.needs) :]))


def loss_and_gradients(model: Transformer, ids_BT: Tensor) -> dict[str, Tensor]:
    """Logits under "logits", and every weight's gradient of the loss under its name; an unused weight has none."""
    model.zero_grad()
    logits = model(ids_BT)
    F.cross_entropy(logits[:, :-1].flatten(0, 1), ids_BT[:, 1:].flatten()).backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    return {"logits": logits.detach(), **gradients}


def by_kernel(model: Transformer, ids_BT: Tensor, names: list[str]) -> dict[str, dict[str, Tensor]]:
    """`loss_and_gradients` under each of these kernels, every one asked for by its name."""
    results = {}
    for model.kernel in names:
        served = model.kernel_for(make_context(ids_BT))
        demand(served == model.kernel, f"kernel={model.kernel} was asked for, {served} would be taken")
        results[model.kernel] = loss_and_gradients(model, ids_BT)
    return results


def kernels_agree_in_values_and_gradients(bench: Bench) -> None:
    model = bench.model()
    first, *others = by_kernel(model, text(), kernels(model.position)).items()
    for name, result in others:
        for key, value in first[1].items():
            agree(result[key], value, f"{key} under kernel={name} and under {first[0]}")


def dense_is_explicit(bench: Bench) -> None:
    model = bench.model(kernel="dense")
    with patch.object(F, "scaled_dot_product_attention") as fused, torch.no_grad():
        fused.side_effect = AssertionError("kernel=dense is computed by what it is the oracle of")
        demand(bool(model(text()).isfinite().all()), "kernel=dense gives outputs that are not finite")


def a_kernel_that_cannot_serve_is_refused_by_name(bench: Bench) -> None:
    model = bench.model()
    for name in sorted({"sdpa", "bias", "flex"} - set(kernels(model.position))):
        model.kernel = name
        try:
            model(text())
        except ValueError as error:
            demand(f"kernel={name}" in str(error), f"kernel={name} is refused without its name: {error}")
        else:
            raise AssertionError(f"kernel={name} serves, though needs = {model.position.needs!r}")


def the_fused_kernel_is_refused_where_the_softmax_is_replaced(bench: Bench) -> None:
    """Asked as if there were a card: FlexAttention would leave out what `attend` does, without a word."""
    model, replaced = bench.model(kernel="dense"), []
    own = model.position.attend

    def spy(*args: object) -> Tensor | None:
        out = own(*args)
        replaced.append(out is not None)
        return out

    model.position.attend = spy
    with torch.no_grad():
        model(text())
    try:
        choose_kernel(model.position, "flex", device="cuda")
        refused = False
    except ValueError:
        refused = True
    does = "replaces" if any(replaced) else "keeps"
    demand(refused == any(replaced), f"attend {does} the softmax, and kernel=flex is {'refused' * refused or 'taken'}")


def one_score_at_a_time_is_that_of_the_whole_grid(bench: Bench) -> None:
    """FlexAttention maps a score_mod and a mask over scalars of indices, as is done here."""
    model = bench.model()
    context = make_context(text())
    scheme, pos = model.position, model.position.prepare(context)
    rows = at(context, by_row=True)
    ranges = [index.flatten() for index in rows]
    draw = torch.Generator().manual_seed(4)
    score = torch.randn([len(one) for one in ranges], dtype=torch.float64, generator=draw)
    with torch.no_grad():
        for mod in mods(model, context):
            agree(mapped(mod)(score, *ranges), mod(score, *rows), "score_mod at one index and on the grid")
        for layer in range(len(model.blocks)):
            if (mask := scheme.visible(scheme.at_layer(layer, pos))) is not None:
                seen = mapped(lambda _, *index, mask=mask: mask(*index))(score, *ranges)
                demand(torch.equal(seen, mask(*rows).expand_as(seen)), "visible differs at one index and on the grid")


def mapped(mod: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function of (score, b, h, i, j) over all indices, asked with each of them alone."""
    for axis in (4, 3, 2, 1):
        mod = torch.vmap(mod, in_dims=tuple(0 if place in (0, axis) else None for place in range(5)))
    return mod


def own_parameters_have_the_gradient_of_finite_differences(bench: Bench) -> None:
    model, ids = bench.model(context_length=8, kernel="dense"), text()[:1, :7]
    weights = {key: weight.detach() for key, weight in model.named_parameters()}
    own = [key for key in weights if key.startswith("position.")]

    def outputs(*values: Tensor) -> Tensor:
        return functional_call(model, weights | dict(zip(own, values, strict=True)), (ids,)).sum(-1)

    if own:
        inputs = [weights[key].requires_grad_() for key in own]
        try:
            torch.autograd.gradcheck(outputs, inputs, fast_mode=True, rtol=1e-5, atol=1e-6)  # along a random direction
        except RuntimeError as error:
            raise AssertionError(f"gradients of {', '.join(own)}: {error}") from error


def every_own_parameter_learns(bench: Bench) -> None:
    model = bench.model()
    gradients = loss_and_gradients(model, text())
    own = [key for key, _ in model.named_parameters() if key.startswith("position.")]
    idle = [key for key in own if key not in gradients or not gradients[key].any()]
    demand(not idle, f"the loss does not depend on {', '.join(idle)}")


HOOKS = ("prepare", "embed", "at_layer", "transform_qk", "visible", "score_mod")


def hooks_run_with_autocast_off(bench: Bench) -> None:
    model, seen = bench.model().float(), {}

    def spied(hook: str):
        own = getattr(model.position, hook)

        def spy(*args):
            seen[hook] = seen.get(hook, False) or torch.is_autocast_enabled("cpu")
            return own(*args)

        return spy

    for hook in HOOKS:
        setattr(model.position, hook, spied(hook))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(text())
    demand(len(seen) >= 4, f"of the hooks only {', '.join(seen)} were called")
    demand(not any(seen.values()), f"autocast is on in {', '.join(hook for hook, on in seen.items() if on)}")


def queries_and_keys_keep_the_dtype_that_they_have(bench: Bench) -> None:
    model, context = bench.model().float(), make_context(text())
    scheme, pos = model.position, model.position.prepare(context)
    n_batch, n_tokens = context.tokens_BS.shape
    heads, groups, width = SIZES["n_heads"], SIZES["n_kv_heads"], SIZES["head_dim"]
    x = torch.zeros(n_batch, n_tokens, SIZES["d_model"])
    for dtype in (torch.bfloat16, torch.float32):
        q, k = torch.zeros(n_batch, heads, n_tokens, width, dtype=dtype), torch.zeros(n_batch, groups, n_tokens, width)
        for layer in range(len(model.blocks)):
            made = scheme.transform_qk(q, k.to(dtype), x, scheme.at_layer(layer, pos))
            kinds = [str(one.dtype) for one in made]
            demand(
                kinds == [str(dtype)] * 2, f"transform_qk makes {' and '.join(kinds)} of queries and keys in {dtype}"
            )
