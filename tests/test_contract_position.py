"""What every position scheme promises. Each yaml in conf/position is held to it, a new one too."""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from torch.func import functional_call

from wordorder.check import locate
from wordorder.model.attention import indices
from wordorder.model.transformer import make_context
from wordorder.position.base import KERNELS, Context, PositionScheme

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "position"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/position").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", "base", "wrapper", "rotation", "draws")]
T, BATCH, HEADS = 37, 3, 6
SAME = dict(rtol=0, atol=1e-11)  # float64, another order of summation
SHIFTED = dict(rtol=0, atol=3e-4)  # angles are float32: an id of 60 is off by 4e-6, passed through two layers
CHANGED = 1e-3

each_scheme = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(53, (BATCH, T), generator=torch.Generator().manual_seed(2))


def run(model, ids: torch.Tensor, place: Callable[[torch.Tensor], torch.Tensor] = lambda p: p, **given) -> torch.Tensor:
    """Logits, the position ids changed by `place`, and the horizon with them where it is nearer than the largest id."""
    with torch.no_grad():
        context = make_context(ids, **given)
        place_BS = place(context.place_BS)
        horizon = max(context.horizon, int(place_BS.max()) + 1)
        return model.logits(model.hidden(replace(context, place_BS=place_BS, horizon=horizon)))


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


def kernels(scheme: PositionScheme) -> list[str]:
    """Which kernels must serve this scheme on a CPU, by what it promises and overrides."""
    return list(reversed(KERNELS[KERNELS.index(scheme.needs) :]))


def mods(model, context: Context, seed: int = 0):
    """A score_mod made from random q, k and x, and index tensors to evaluate it with."""
    draw = torch.Generator().manual_seed(seed)
    n_batch, n_tokens = context.tokens_BS.shape
    q, k, x = (
        torch.randn(n_batch, *shape, generator=draw, dtype=torch.float64)
        for shape in ((HEADS, n_tokens, 4), (2, n_tokens, 4), (n_tokens, 24))
    )
    scheme = model.position
    read = (q, k, x) if scheme.content else (None, None, None)
    pos = scheme.at_layer(0, scheme.prepare(context))
    return scheme.score_mod(*read, pos), indices(context, n_heads=HEADS, by_row=True)


# The future is hidden.


def first_leak(model, ids: torch.Tensor) -> int | None:
    """The first output that depends on a later token, or None: bit for bit, so it is asked of the dense kernel."""
    model.kernel = "dense"
    before = run(model, ids)
    for t in range(T - 1):
        later = torch.cat((ids[:, : t + 1], (ids[:, t + 1 :] + 7) % 53), 1)
        if not torch.equal(run(model, later)[:, : t + 1], before[:, : t + 1]):
            return t
    return None


@each_scheme
def test_later_tokens_change_no_bit_of_earlier_outputs(name, make_model, ids):
    assert first_leak(make_model(name), ids) is None


class LeakAtEmbedding(PositionScheme):
    def embed(self, x_BTD, pos):
        return x_BTD + 1e-6 * x_BTD.roll(-1, 1)


class LeakInKeys(PositionScheme):
    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return q_BHTK, k_BGSK + 1e-6 * k_BGSK.mean(2, keepdim=True)


class LeakInScores(PositionScheme):
    content = True

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        last = x_BSD.shape[1] - 1
        return lambda score, b, h, i, j: score + 1e-6 * x_BSD[b, (j + 1).clamp(max=last), 0]


@pytest.mark.parametrize("leak", [LeakAtEmbedding, LeakInKeys, LeakInScores])
def test_a_planted_leak_is_found(leak, make_model, ids):
    model = make_model("none")
    model.position = leak()
    assert first_leak(model, ids) is not None


# Promises, each in both directions.


@each_scheme
def test_orders_says_whether_one_layer_tells_a_shuffled_past(name, make_model, ids):
    model = make_model(name, n_layers=1)
    order = torch.randperm(T - 1, generator=torch.Generator().manual_seed(3))
    shuffled = torch.cat((ids[:, order], ids[:, -1:]), 1)
    change = distance(run(model, ids)[:, -1], run(model, shuffled)[:, -1])
    assert change > CHANGED if model.position.orders else change < SAME["atol"]


@each_scheme
def test_reads_ids_says_whether_ids_three_times_as_far_apart_matter(name, make_model, ids):
    model = make_model(name, n_layers=1)
    change = distance(run(model, ids), run(model, ids, lambda place: 3 * place))
    assert change > CHANGED if model.position.reads_ids else change == 0


@each_scheme
@pytest.mark.parametrize("shift", [1, 23])
def test_shift_invariant_says_whether_ids_plus_a_constant_change_anything(name, shift, make_model, ids):
    model = make_model(name)
    change = distance(run(model, ids), run(model, ids, lambda place: place + shift))
    assert change < SHIFTED["atol"] if model.position.shift_invariant else change > CHANGED


@each_scheme
def test_length_free_says_whether_an_output_depends_on_the_length(name, make_model, ids):
    model = make_model(name)
    change = distance(run(model, ids)[:, :20], run(model, ids[:, :20]))
    assert change < SAME["atol"] if model.position.length_free else change > CHANGED


@each_scheme
def test_without_content_one_bias_serves_all_layers_and_rows(name, make_model, ids):
    model = make_model(name)
    context = make_context(ids)
    made, at = mods(model, context)
    if made is None:
        return
    zero = torch.zeros((), dtype=torch.float64)
    if model.position.content:
        other, _ = mods(model, context, seed=1)
        assert distance(made(zero, *at), other(zero, *at)) > CHANGED
    else:
        shared = made(zero, *indices(context, n_heads=HEADS, by_row=False))
        assert torch.broadcast_shapes(shared.shape, (1, HEADS, T, T)) == (1, HEADS, T, T)
        assert torch.equal(made(zero, *at), shared.expand_as(made(zero, *at)))


@each_scheme
def test_additive_says_whether_the_change_is_one_of_adding(name, make_model, ids):
    model = make_model(name)
    made, at = mods(model, make_context(ids))
    if made is None:
        assert model.position.additive
        return
    score = torch.randn(BATCH, HEADS, T, T, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    change = distance(made(score, *at), score + made(torch.zeros_like(score), *at))
    assert change < 1e-5 if model.position.additive else change > CHANGED


@each_scheme
def test_a_limit_is_refused_before_any_tensor_is_read(name, make_model):
    limit = make_model(name, context_length=16).position.max_position
    unread = make_model(name, context_length=16, device="meta")
    for n_tokens, horizon in ((limit + 1, None), (3, limit + 1)) if limit else ():
        with pytest.raises(ValueError, match=str(limit)):
            unread(torch.zeros((2, n_tokens), dtype=torch.int64, device="meta"), horizon=horizon)


@each_scheme
def test_inputs_up_to_the_limit_are_taken(name, make_model):
    model = make_model(name, context_length=16)
    ids = torch.zeros((2, model.position.max_position or 64), dtype=torch.int64)
    assert run(model, ids).isfinite().all()


@each_scheme
def test_a_limit_holds_while_decoding(name, make_model):
    model = make_model(name, context_length=16)
    limit = model.position.max_position or 64
    cache = model.empty_cache()
    model(torch.zeros((1, limit), dtype=torch.int64), cache=cache)
    one_more = torch.zeros((1, 1), dtype=torch.int64)
    if model.position.max_position is None:
        assert model(one_more, cache=cache).isfinite().all()
    else:
        with pytest.raises(ValueError, match=str(limit)):
            model(one_more, cache=cache)


# Kernels.


def loss_and_gradients(model, ids: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(ids)
    torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
    return logits.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@each_scheme
def test_kernels_agree_in_values_and_gradients(name, make_model, ids):
    model = make_model(name)
    results = {}
    for kernel in kernels(model.position):
        model.kernel = kernel
        assert model.kernel_for(make_context(ids)) == kernel
        results[kernel] = loss_and_gradients(model, ids)
    logits, gradients = results.pop("dense")
    for other_logits, other_gradients in results.values():
        torch.testing.assert_close(other_logits, logits, **SAME)
        torch.testing.assert_close(other_gradients, gradients, **SAME)


@each_scheme
def test_dense_is_explicit(name, make_model, ids, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("dense must not be computed by what it is the oracle of")

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", refuse)
    assert make_model(name, kernel="dense")(ids).isfinite().all()


@each_scheme
def test_a_kernel_that_cannot_serve_is_refused_by_name(name, make_model, ids):
    model = make_model(name)
    for kernel in {"sdpa", "bias", "flex"} - set(kernels(model.position)):
        model.kernel = kernel
        with pytest.raises(ValueError, match=f"kernel={kernel}"):
            model(ids)


@each_scheme
def test_own_parameters_have_the_gradient_of_finite_differences(name, make_model, ids):
    model = make_model(name, context_length=8, kernel="dense")
    weights = {key: weight.detach() for key, weight in model.named_parameters()}
    own = [key for key in weights if key.startswith("position.")]

    def outputs(*values: torch.Tensor) -> torch.Tensor:
        return functional_call(model, weights | dict(zip(own, values, strict=True)), (ids[:1, :7],)).sum(-1)

    if own:
        assert torch.autograd.gradcheck(outputs, [weights[key].requires_grad_() for key in own])


@each_scheme
def test_every_own_parameter_learns(name, make_model, ids):
    model = make_model(name)
    _, gradients = loss_and_gradients(model, ids)
    assert all(gradient.any() for key, gradient in gradients.items() if key.startswith("position."))


@each_scheme
def test_hooks_run_with_autocast_off(name, make_model, ids, monkeypatch):
    model, seen = make_model(name).float(), []
    for hook in ("prepare", "embed", "at_layer", "transform_qk", "visible", "score_mod"):

        def spy(*args, own=getattr(model.position, hook)):
            seen.append(torch.is_autocast_enabled("cpu"))
            return own(*args)

        monkeypatch.setattr(model.position, hook, spy)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(ids)
    assert len(seen) >= 4 and not any(seen)


# Decoding, packing, padding, batches.


@each_scheme
@pytest.mark.parametrize("kernel", ["auto", "dense"])
def test_decoding_in_uneven_pieces_equals_the_whole(name, kernel, make_model, ids):
    model = make_model(name, kernel=kernel)
    cache = model.empty_cache()
    horizon = None if model.position.length_free else T
    with torch.no_grad():
        pieces = [model(piece, cache=cache, horizon=horizon) for piece in ids.split([1, 5, 2, 13, 1, 15], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), run(model, ids), **SAME)


@each_scheme
@pytest.mark.parametrize("kernel", ["auto", "bias", "dense"])
def test_documents_packed_into_a_row_equal_documents_apart(name, kernel, make_model, ids):
    model = make_model(name, kernel=kernel)
    if kernel == "bias" and "bias" not in kernels(model.position):
        return
    lengths = [[9, 20, 8], [1, 35, 1], [T]]
    document = [torch.arange(len(row)).repeat_interleave(torch.tensor(row)) for row in lengths]
    with torch.no_grad():
        packed = model(ids, document_BT=torch.stack(document), horizon=None if model.position.length_free else T)
    for row, sizes in enumerate(lengths):
        horizon = None if model.position.length_free else T
        given = dict(horizon=horizon, row_B=torch.tensor([row]))
        apart = [run(model, piece[None], **given)[0] for piece in ids[row].split(sizes)]
        torch.testing.assert_close(packed[row], torch.cat(apart), **SAME)


@each_scheme
def test_padding_on_the_right_changes_nothing(name, make_model, ids):
    model = make_model(name)
    horizon = None if model.position.length_free else T
    padded = torch.cat((ids[:, :25], torch.zeros_like(ids[:, 25:])), 1)
    torch.testing.assert_close(
        run(model, padded, horizon=horizon)[:, :25], run(model, ids[:, :25], horizon=horizon), **SAME
    )


@each_scheme
def test_neighbours_in_a_batch_change_nothing(name, make_model, ids):
    model = make_model(name)
    together = run(model, ids)
    for row in range(BATCH):
        alone = run(model, ids[row : row + 1], row_B=torch.tensor([row]))
        torch.testing.assert_close(alone[0], together[row], **SAME)
    turned = run(model, ids.flip(0), row_B=torch.arange(BATCH).flip(0))
    torch.testing.assert_close(turned.flip(0), together, **SAME)


@each_scheme
def test_each_row_has_the_ids_that_it_was_given(name, make_model, ids):
    model = make_model(name)
    offset = torch.tensor([[0], [11], [29]])
    mixed = run(model, ids, lambda place: place + offset)
    for row in range(BATCH):
        given = dict(row_B=torch.tensor([row]), horizon=T + 29)
        alone = run(model, ids[row : row + 1], lambda place, row=row: place + offset[row], **given)
        torch.testing.assert_close(alone[0], mixed[row], **SAME)


# Weights.


@each_scheme
def test_the_scheme_shifts_no_weight_but_its_own(name, make_model):
    model, bare = make_model(name), make_model("none")
    shared = {key: weight for key, weight in model.state_dict().items() if not key.startswith("position.")}
    torch.testing.assert_close(shared, bare.state_dict(), rtol=0, atol=0)
    spent = sum(weight.numel() for weight in model.position.parameters())
    assert model.count_parameters()["position"] == spent
    assert model.count_parameters()["total"] == bare.count_parameters()["total"] + spent


@each_scheme
def test_own_weights_are_a_function_of_the_seed(name, make_model):
    draws = [
        [weight.clone() for weight in make_model(name).initialise(seed).position.parameters()] for seed in (5, 5, 6)
    ]
    torch.testing.assert_close(draws[0], draws[1], rtol=0, atol=0)
    model = make_model(name)
    drawn_by_contract = [weight.clone() for weight in model.position.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(drawn_by_contract, draws[0], strict=True))  # all were initialised


@each_scheme
def test_nothing_that_can_be_computed_is_saved(name, make_model):
    model = make_model(name)
    assert set(model.position.state_dict()) == {key for key, _ in model.position.named_parameters()}


# Files.


@each_scheme
def test_yaml_is_short_and_names_its_paper(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert re.match(r"# .*\d{4}, \d{4}\.\d{4,5}", text)
    node = yaml.safe_load(text)
    if "_target_" in node:  # a preset inherits it; that every argument is listed is tested for all yamls alike
        scheme = locate(node, "position", ())
        assert issubclass(scheme, PositionScheme)
        own = [key for key in node if key not in ("_target_", "defaults")]
        assert own == [key for key in inspect.signature(scheme).parameters if key in own]


@pytest.mark.parametrize("name", SHELF)
def test_a_scheme_has_a_twin_yaml_and_a_twin_test(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.position.{name}.")
    assert (ROOT / "tests" / "position" / f"test_{name}.py").exists()


@pytest.mark.parametrize("name", SHELF)
def test_docstring_tells_what_the_tables_need(name):
    source = (ROOT / "src/wordorder/position" / f"{name}.py").read_text(encoding="utf-8")
    lines = source.split('"""')[1].splitlines()
    assert re.fullmatch(rf"{name}: .*\.", lines[0]) and lines[1] == ""
    assert re.match(r"\w.*\d{4}, \d{4}\.\d{4,5}", lines[2])
    head = next(line for line in lines if line.startswith("acts on: "))
    assert re.fullmatch(r"acts on: (nothing|[a-z ,]+)   learns: .+   any length: (yes|no, .+)", head)
    assert sum(line.startswith("Differs: ") for line in lines) == 1
    assert sum(line.startswith("Oracle: ") for line in lines) == 1
    assert any(line.startswith("    ") for line in lines)  # the formula


@pytest.mark.parametrize("name", SHELF)
def test_docstring_agrees_with_what_the_scheme_does(name, make_model):
    scheme = make_model(name).position
    document = inspect.getdoc(inspect.getmodule(type(scheme)))
    own = [key for key, _ in scheme.named_parameters() if not key.startswith("of.")]  # not of the schemes inside
    assert ("learns: nothing" in document) == (not own)
    assert ("any length: yes" in document) == (scheme.max_position is None)
