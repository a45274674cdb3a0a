"""windows: what a model makes of stretches of a stream, each with the text before it."""

import copy
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject
from wordorder.position.window import Window

TOKENS_A_CALL = {"cpu": 2048, "cuda": 65536}  # what the CPU's caches hold; on a card, enough to fill it


def target_nats(
    subject: Subject, stream: Stream, starts: np.ndarray, *, length: int, last: int, done: int = 0
) -> Iterator[np.ndarray]:
    """Nats of the last `last` targets of each window of `length` inputs from starts on, float64 (last,); of all windows but
    the first `done`.

    Windows share a call with the same others whatever is done, because a bit may depend on them.
    """
    rows_a_call = max(1, TOKENS_A_CALL[subject.device] // length)
    for first in range(done - done % rows_a_call, len(starts) if done < len(starts) else 0, rows_a_call):
        at = starts[first : first + rows_a_call, None] + np.arange(length + 1)
        ids = torch.from_numpy(stream.ids[at].astype(np.int64)).to(subject.device)
        document = None
        if not subject.attend_across:
            document = torch.from_numpy(stream.documents_into(at[:, :-1])).to(subject.device)
        with torch.inference_mode():
            row_B = torch.arange(first, first + len(at), device=subject.device)
            logits = subject.model(ids[:, :-1], last=last, row_B=row_B, document_BT=document).flatten(0, 1).float()
            loss = F.cross_entropy(logits, ids[:, -last:].flatten(), reduction="none")
        subject.advance(at.size)
        yield from loss.view(-1, last).double().cpu().numpy()[max(0, done - first) :]


def stream_nats(subject: Subject, stream: Stream, n_targets: int, *, first: int = 0) -> Iterator[np.ndarray]:
    """Nats of the first n_targets targets of a stream but the first `first`, each once, in windows of the trained length:
    float64, a window's at a time."""
    length = min(subject.model.context_length, n_targets)
    n_whole, rest = divmod(n_targets, length)
    done, inside = divmod(first, length)
    starts = np.arange(n_whole) * length
    for nats in target_nats(subject, stream, starts, length=length, last=length, done=done):
        yield nats[inside:]
        inside = 0
    if rest:  # the last window reaches back, so that its context is as long
        start = np.array([n_targets - length])
        for nats in target_nats(subject, stream, start, length=length, last=rest):
            yield nats[inside:]


def cut(pieces: Iterator[np.ndarray], sizes: list[int]) -> Iterator[np.ndarray]:
    """The same values, in their order, in arrays of these sizes."""
    held = np.empty(0)
    for size in sizes:
        parts, n = [held], len(held)
        while n < size:
            parts.append(next(pieces))
            n += len(parts[-1])
        held = np.concatenate(parts)
        yield held[:size]
        held = held[size:]


def spread_contexts(first: np.ndarray, past: np.ndarray, *, length: int, step: int, n: int) -> np.ndarray:
    """Where contexts of `length` inputs begin, at most n of them, evenly spread over the texts that hold one.

    A text's inputs begin at `first`, its targets end before `past`; its contexts begin at first, first + step, first + 2 step,
    ..., and each has its last target in the text.
    """
    room = np.maximum(0, (past - first - 1 - length) // step + 1)
    each = np.unique(np.linspace(0, room.sum() - 1, min(n, room.sum())).astype(np.int64))
    text = np.searchsorted(np.cumsum(room), each, side="right")
    return first[text] + (each - (np.cumsum(room) - room)[text]) * step


def limit_window(model: nn.Module, size: int) -> nn.Module:
    """The same model, its weights shared, in which each query sees the last `size` keys only."""
    limited = copy.copy(model)
    limited._modules = dict(model._modules)  # a copy has those of the original, and is to have another scheme
    limited.position = Window(scheme=model.position, kind="sliding", size=size).eval()
    limited.kernel = "auto" if model.kernel == "sdpa" else model.kernel  # which hides no keys
    return limited


def sums_of_text(subject: Subject, stream: Stream, targets: np.ndarray, nats: np.ndarray) -> dict[str, float]:
    """nats, bytes and tokens of those targets (stream indices) that are text; end tokens carry no bytes and do not count."""
    lengths = subject.tokenizer.byte_lengths_V[stream.ids[targets]]
    is_text = lengths > 0
    return {"nats": float(nats[is_text].sum()), "bytes": float(lengths.sum()), "tokens": float(is_text.sum())}
