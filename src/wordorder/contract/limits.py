"""How far positions go: what lies within `max_position` is taken, what lies beyond is refused."""

from typing import Any

import torch
from torch import Tensor

from wordorder.contract.bench import Bench, demand
from wordorder.model.transformer import Transformer

LENGTH = 16  # what the model was trained on
FAR = 64  # read where there is no limit


def a_limit_is_refused_before_any_tensor_is_read(bench: Bench) -> None:
    limit = bench.model(context_length=LENGTH).position.max_position
    if limit is None:
        return
    unread = bench.model(context_length=LENGTH, device="meta")
    for n_tokens, horizon in ((limit + 1, None), (3, limit + 1)):
        ids = torch.zeros((2, n_tokens), dtype=torch.int64, device="meta")
        said = answer(unread, ids, horizon=horizon)
        demand(
            refused(said, limit), f"max_position = {limit}, but {max(n_tokens, horizon or 0)} tokens meet {tell(said)}"
        )


def inputs_up_to_the_limit_are_taken(bench: Bench) -> None:
    model = bench.model(context_length=LENGTH)
    n_tokens = model.position.max_position or FAR
    said = answer(model, torch.zeros((2, n_tokens), dtype=torch.int64))
    demand(taken(said), f"max_position = {model.position.max_position}, but {n_tokens} tokens meet {tell(said)}")


def a_limit_holds_while_decoding(bench: Bench) -> None:
    model = bench.model(context_length=LENGTH)
    limit, cache = model.position.max_position, model.empty_cache()
    n_tokens = limit or FAR
    first = answer(model, torch.zeros((1, n_tokens), dtype=torch.int64), cache=cache)
    demand(taken(first), f"max_position = {limit}, but {n_tokens} tokens into a cache meet {tell(first)}")
    said = answer(model, torch.zeros((1, 1), dtype=torch.int64), cache=cache)
    kept = taken(said) if limit is None else refused(said, limit)
    demand(kept, f"max_position = {limit}, but token {n_tokens + 1} meets {tell(said)}")


def answer(model: Transformer, ids_BT: Tensor, **given: Any) -> Tensor | Exception:
    """Logits, or what was raised instead."""
    try:
        return model(ids_BT, **given)
    except Exception as error:
        return error


def taken(said: Tensor | Exception) -> bool:
    return isinstance(said, Tensor) and bool(said.isfinite().all())


def refused(said: Tensor | Exception, limit: int) -> bool:
    """A ValueError that names the limit."""
    return isinstance(said, ValueError) and str(limit) in str(said)


def tell(said: Tensor | Exception) -> str:
    if isinstance(said, Exception):
        return f"{type(said).__name__}: {said}"
    return "no refusal" if said.is_meta or said.isfinite().all() else "outputs that are not finite"
