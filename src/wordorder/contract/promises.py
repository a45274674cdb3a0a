"""What a scheme says of itself, each promise in both directions: what is declared must hold, its opposite be seen to fail."""

import torch

from wordorder.contract.bench import CHANGED, SAME, SHIFTED, VOCAB, Bench, at, demand, distance, inputs, mods, run, text
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.base import PositionScheme


def later_tokens_change_no_bit_of_earlier_outputs(bench: Bench) -> None:
    leak = first_leak(bench.model(kernel="dense"))
    demand(leak is None, f"the output at {leak} depends on a later token")


def first_leak(model: Transformer) -> int | None:
    """The first output that depends on a later token, or None: bit for bit, so it is asked of the dense kernel."""
    ids = text()
    before = run(model, ids)
    for t in range(ids.shape[1] - 1):
        later = torch.cat((ids[:, : t + 1], (ids[:, t + 1 :] + 7) % VOCAB), 1)
        if not torch.equal(run(model, later)[:, : t + 1], before[:, : t + 1]):
            return t
    return None


def orders_says_whether_one_layer_tells_a_shuffled_past(bench: Bench) -> None:
    model, ids = bench.model(n_layers=1), text()
    order = torch.randperm(ids.shape[1] - 1, generator=torch.Generator().manual_seed(3))
    shuffled = torch.cat((ids[:, order], ids[:, -1:]), 1)
    change = distance(run(model, ids)[:, -1], run(model, shuffled)[:, -1])
    expect(model.position, "orders", "a shuffled past", change, due=model.position.orders)


def reads_ids_says_whether_ids_three_times_as_far_apart_matter(bench: Bench) -> None:
    model, ids = bench.model(n_layers=1), text()
    change = distance(run(model, ids), run(model, ids, lambda place: 3 * place))
    expect(model.position, "reads_ids", "ids three times as far apart", change, due=model.position.reads_ids, below=0)


def ids_between_whole_numbers_count_unless_whole_ids(bench: Bench) -> None:
    model, ids = bench.model(n_layers=1), text()
    scheme = model.position
    if scheme.whole_ids or not scheme.reads_ids:
        return
    try:
        between = run(model, ids, lambda place: 1.5 * place)
    except Exception as error:
        raise AssertionError(f"whole_ids = False, but ids between whole numbers meet {error}") from error
    change = distance(between, run(model, ids, lambda place: (1.5 * place).floor()))
    expect(scheme, "whole_ids", "ids between whole numbers, against the whole ones below them,", change, due=True)


def shift_invariant_says_whether_ids_plus_a_constant_change_anything(bench: Bench) -> None:
    model, ids = bench.model(), text()
    before, due = run(model, ids), not model.position.shift_invariant
    for shift in (1, 23):
        change = distance(before, run(model, ids, lambda place, shift=shift: place + shift))
        expect(model.position, "shift_invariant", f"ids + {shift}", change, due=due, below=SHIFTED)


def length_free_says_whether_an_output_depends_on_the_length(bench: Bench) -> None:
    model, ids = bench.model(), text()
    change = distance(run(model, ids)[:, :20], run(model, ids[:, :20]))
    expect(model.position, "length_free", "a longer text", change, due=not model.position.length_free)


def content_says_whether_the_bias_reads_queries_keys_or_the_input(bench: Bench) -> None:
    model = bench.model()
    zero, context = torch.zeros((), dtype=torch.float64), make_context(text())
    rows = at(context, by_row=True)
    made = [mod(zero, *rows) for mod in mods(model, context)]
    if not made:
        return
    if model.position.content:
        other = [mod(zero, *rows) for mod in mods(model, context, inputs(context, seed=1))]
        change = max(distance(a, b) for a, b in zip(made, other, strict=True))
        expect(model.position, "content", "other q, k and x", change, due=True)
    elif not model.position.by_row:
        shared = [mod(zero, *at(context, by_row=False)) for mod in mods(model, context)]
        change = max(distance(a, b) for a, b in zip(made, shared, strict=True))
        expect(model.position, "content", "another row of the batch", change, due=False, below=0)
        demand(
            all(mod.dim() < 4 or mod.shape[0] == 1 for mod in shared),
            f"content = by_row = False, but the bias of one row has the shapes {[tuple(mod.shape) for mod in shared]}",
        )


def reads_qk_says_whether_the_bias_reads_queries_or_keys(bench: Bench) -> None:
    model = bench.model()
    zero, context = torch.zeros((), dtype=torch.float64), make_context(text())
    rows, x = at(context, by_row=True), inputs(context)[2]
    pairs = (mods(model, context, [*inputs(context, seed)[:2], x]) for seed in (0, 1))
    change = max((distance(a(zero, *rows), b(zero, *rows)) for a, b in zip(*pairs, strict=True)), default=0.0)
    expect(model.position, "reads_qk", "other q and k beside the same x", change, due=model.position.reads_qk, below=0)


def keeps_width_says_whether_queries_and_keys_stay_as_wide_as_a_head(bench: Bench) -> None:
    model, context = bench.model(), make_context(text())
    scheme, pos = model.position, model.position.prepare(context)
    q, k, x = inputs(context)
    layers = (scheme.at_layer(layer, pos) for layer in range(len(model.blocks)))
    widths = [made.shape[-1] for own in layers for made in scheme.transform_qk(q, k, x, own)]
    kept = set(widths) == {q.shape[-1]}
    demand(
        kept == scheme.keeps_width, f"keeps_width = {scheme.keeps_width}, but {q.shape[-1]} channels became {widths}"
    )


def additive_says_whether_the_change_is_one_of_adding(bench: Bench) -> None:
    model = bench.model()
    context = make_context(text())
    rows = at(context, by_row=True)
    n_batch, n_tokens = context.tokens_BS.shape
    draw = torch.Generator().manual_seed(4)
    score = torch.randn(n_batch, rows[1].numel(), n_tokens, n_tokens, dtype=torch.float64, generator=draw)
    pairs = [(mod(score, *rows), score + mod(torch.zeros_like(score), *rows)) for mod in mods(model, context)]
    change = max((distance(a, b) for a, b in pairs), default=0.0)
    what, float32 = "score_mod(s) in place of s + score_mod(0)", 1e-5  # which biases are
    expect(model.position, "additive", what, change, due=not model.position.additive, below=float32)


def expect(scheme: PositionScheme, name: str, what: str, change: float, *, due: bool, below: float = SAME) -> None:
    """A change that must be seen or one that must not, by what the scheme declares under `name`."""
    declared = f"{name} = {getattr(scheme, name)}, so {what} must change the output by"
    if due:
        demand(change > CHANGED, f"{declared} more than {CHANGED:g}: it is {change:.2g}")
    else:
        demand(change <= below, f"{declared} at most {below:g}: it is {change:.2g}")
