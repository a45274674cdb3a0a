"""windows: what a model makes of stretches of a stream, each with the text before it."""

import numpy as np
import torch
import torch.nn.functional as F

from wordorder.data.token_store import Stream
from wordorder.evaluation.base import Subject

TOKENS_A_CALL = {"cpu": 2048, "cuda": 65536}  # what the CPU's caches hold; on a card, enough to fill it


def target_nats(subject: Subject, stream: Stream, starts: np.ndarray, *, length: int, last: int) -> np.ndarray:
    """Nats of the last `last` targets of each window of `length` inputs from starts on: float64 (windows, last)."""
    rows_a_call = max(1, TOKENS_A_CALL[subject.device] // length)
    nats = np.empty((len(starts), last))
    for first in range(0, len(starts), rows_a_call):
        at = starts[first : first + rows_a_call, None] + np.arange(length + 1)
        ids = torch.from_numpy(stream.ids[at].astype(np.int64)).to(subject.device)
        document = None
        if not subject.attend_across:
            document = torch.from_numpy(stream.documents_into(at[:, :-1])).to(subject.device)
        with torch.inference_mode():
            row_B = torch.arange(first, first + len(at), device=subject.device)
            logits = subject.model(ids[:, :-1], last=last, row_B=row_B, document_BT=document).flatten(0, 1).float()
            loss = F.cross_entropy(logits, ids[:, -last:].flatten(), reduction="none")
        nats[first : first + rows_a_call] = loss.view(-1, last).double().cpu().numpy()
        subject.advance(at.size)
    return nats


def sums_of_text(subject: Subject, stream: Stream, targets: np.ndarray, nats: np.ndarray) -> dict[str, float]:
    """nats, bytes and tokens of those targets (stream indices) that are text; end tokens carry no bytes and do not count."""
    lengths = subject.tokenizer.byte_lengths_V[stream.ids[targets]]
    is_text = lengths > 0
    return {"nats": float(nats[is_text].sum()), "bytes": float(lengths.sum()), "tokens": float(is_text.sum())}
