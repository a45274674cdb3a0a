"""calls: rows of token ids through the model, and the nats of their targets; how many rows go at once."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wordorder.evaluation.base import Subject

TOKENS_A_CALL = {"cpu": 2048, "cuda": 65536}  # what the CPU's caches hold; on a card, enough to fill it


def rows_a_call(subject: Subject, length: int) -> int:
    """How many rows of `length` inputs go through the model together, one at least."""
    return max(1, TOKENS_A_CALL[subject.device] // length)


@torch.inference_mode()
def ask(
    subject: Subject,
    ids: np.ndarray,
    *,
    numbers: np.ndarray,
    last: int | None = None,
    document: np.ndarray | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits of the last `last` targets, of all without it, float32 (rows, last, V), and these targets' ids (rows, last).

    Each row of `ids` (rows, inputs + 1) is an input and, shifted by one, its targets; `numbers` (rows,) tell the rows apart for
    schemes that draw, and `document` (rows, inputs) keeps apart what does not see each other.
    """
    last = ids.shape[1] - 1 if last is None else last
    ids_BT, row_B = (torch.from_numpy(of.astype(np.int64)).to(subject.device) for of in (ids, numbers))
    document_BT = None if document is None else torch.from_numpy(document).to(subject.device)
    logits = subject.model(ids_BT[:, :-1], last=last, row_B=row_B, document_BT=document_BT).float()
    subject.advance(ids.size)
    return logits, ids_BT[:, -last:]


@torch.inference_mode()
def nats_of(logits: Tensor, targets: Tensor) -> np.ndarray:
    """Nats of each target, float64 (rows, last)."""
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return loss.view(targets.shape).double().cpu().numpy()
