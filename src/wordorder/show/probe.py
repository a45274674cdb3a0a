"""probe: everything that a position scheme does, measured by asking its hooks with random inputs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.show.asking import (
    Inputs,
    attend_all,
    draw_inputs,
    read_scores,
    scores_of,
    turn_equal_vectors,
    weigh,
)
from wordorder.show.seen import Array, Layer, Seen, by_distance, same

TEXTS = 32  # whose scores are looked at
VISIBLE = 1e-3  # root mean square of a change of scores


@torch.no_grad()
def probe(model: Transformer, length: int, *, seed: int = 0, n_texts: int = 512) -> Seen:
    """Measure the model's scheme over `length` tokens; the attention of the last token is averaged over `n_texts`."""
    scheme, inputs = model.position, draw_inputs(model, length, seed, n_texts)
    few = inputs.first(TEXTS)
    with ids_given_to(scheme) as ids:
        pos = scheme.prepare(few.context(length))
    added_BTD, whole_BTD = scheme.embed(torch.zeros_like(few.x_BSD), pos), scheme.embed(few.x_BSD, pos)
    groups, own_numbers = group_layers(model, few.first(2))
    score_BH1S = scores_of(inputs.q_BHSK[:, :, -1:], inputs.k_BGSK)
    return Seen(
        ids_BS=ids[-1].expand(len(few.tokens_BS), -1).numpy() if ids else np.arange(length)[None],
        factor=round(float(((whole_BTD - added_BTD) * few.x_BSD).sum() / (few.x_BSD * few.x_BSD).sum()), 4),
        table_TD=added_BTD[0].numpy(),
        layers={numbers: look_at_layer(model, inputs, numbers[0]) for numbers in groups},
        own_numbers=own_numbers,
        plain_S=score_BH1S.softmax(-1).mean((0, 1, 2)).flip(0).numpy(),
    )


def group_layers(model: Transformer, given: Inputs) -> tuple[list[tuple[int, ...]], bool]:
    """The layers that do the same, together; and whether some of these differ by their parameters."""
    scheme, length = model.position, given.tokens_BS.shape[1]
    pos = scheme.prepare(given.context(length))
    own = [scheme.at_layer(number, pos) for number in range(len(model.blocks))]
    with constant_parameters(scheme):
        outs = [attend_all(model, given, number) for number in range(len(own))]
    groups: list[list[int]] = []
    for number, out in enumerate(outs):
        group = next((group for group in groups if torch.allclose(outs[group[0]], out, rtol=1e-4, atol=1e-5)), None)
        groups.append([number]) if group is None else group.append(number)
    learns = any(True for _ in scheme.parameters())
    own_numbers = learns and any(own[number] is not own[group[0]] for group in groups for number in group)
    return [tuple(group) for group in groups], own_numbers


@contextmanager
def constant_parameters(scheme: PositionScheme) -> Iterator[None]:
    """With every parameter 0.3, so that no layer differs from another by its own draw."""
    kept = [weight.clone() for weight in scheme.parameters()]
    try:
        for weight in scheme.parameters():
            weight.fill_(0.3)
        yield
    finally:
        for weight, old in zip(scheme.parameters(), kept, strict=True):
            weight.copy_(old)


def look_at_layer(model: Transformer, inputs: Inputs, number: int) -> Layer:
    """Every measurement of one layer."""
    scheme, few, length = model.position, inputs.first(TEXTS), inputs.tokens_BS.shape[1]
    context = few.context(length)
    pos = scheme.at_layer(number, scheme.prepare(context))
    q_BHTK, k_BGSK = scheme.transform_qk(few.q_BHSK, few.k_BGSK, few.x_BSD, pos)
    scale = few.k_BGSK.shape[-1] ** -0.5
    score_BHTS, plain_BHTS = (scores_of(*pair, scale=scale) for pair in ((q_BHTK, k_BGSK), (few.q_BHSK, few.k_BGSK)))
    bias_BHTS, visible_BHTS = read_scores(scheme, few, context, pos, q_BHTK, k_BGSK)
    channel_KHTS, kernel_KHTS, turned_by_text = turn_equal_vectors(model, few, number)
    weight_H1S, usual_H1S, adds_to_values = weigh(model, inputs, number, 1)
    own_softmax = not same(weight_H1S.numpy(), usual_H1S.numpy())
    weight_HTS = weigh(model, few, number, length)[0].numpy() if own_softmax else usual_H1S.numpy()
    does = {
        "q and k": is_visible((score_BHTS - plain_BHTS).tril().numpy()),
        "score": is_visible(bias_BHTS),
        "mask": bool((~visible_BHTS & np.tri(length, dtype=bool)).any()),
        "softmax": own_softmax,
        "values": adds_to_values,
    }
    return Layer(
        acts=frozenset(act for act, done in does.items() if done),
        kernel=by_distance(kernel_KHTS),
        kernel_HTS=channel_KHTS.mean(0),
        channel_KS=by_distance(channel_KHTS[:, :1].swapaxes(0, 1)).mean_HS,
        turned_by_text=turned_by_text,
        bias=by_distance(bias_BHTS),
        bias_HTS=bias_BHTS[0],
        visible_HTS=visible_BHTS[0],
        weight_HS=weight_H1S[:, 0].flip(-1).numpy(),
        weight_HTS=weight_HTS,
    )


def is_visible(change: Array) -> bool:
    """Would a picture show it? A product of three weights near zero is not zero, but nothing is seen of it."""
    return bool(np.sqrt(np.nanmean(np.square(change, dtype=np.float64))) > VISIBLE)


@contextmanager
def ids_given_to(scheme: PositionScheme) -> Iterator[list[Tensor]]:
    """The ids with which each scheme inside this one is asked, in the order of asking."""
    inner = [part for part in scheme.modules() if isinstance(part, PositionScheme) and part is not scheme]
    asked: list[Tensor] = []
    for part in inner:

        def listen(context: Context, own: Any = part.prepare) -> Any:
            asked.append(context.place_BS)
            return own(context)

        part.prepare = listen
    try:
        yield asked
    finally:
        for part in inner:
            del part.prepare
