"""texts: what a model makes of texts that stand for themselves, each a row of its own."""

import numpy as np
import torch
import torch.nn.functional as F

from wordorder.evaluation.base import Subject
from wordorder.evaluation.windows import TOKENS_A_CALL


def nats_of(subject: Subject, rows: list[np.ndarray], numbers: np.ndarray) -> list[np.ndarray]:
    """Nats of all ids but the first of each row; rows of equal length go through the model together, without padding."""
    lengths, nats = np.array([len(row) for row in rows]), [np.empty(0)] * len(rows)
    for length in np.unique(lengths):
        own = np.flatnonzero(lengths == length)
        rows_a_call = max(1, TOKENS_A_CALL[subject.device] // int(length))
        for start in range(0, len(own), rows_a_call):
            chosen = own[start : start + rows_a_call]
            ids = torch.from_numpy(np.stack([rows[n] for n in chosen]).astype(np.int64)).to(subject.device)
            with torch.inference_mode():
                row_B = torch.from_numpy(numbers[chosen]).to(subject.device)
                logits = subject.model(ids[:, :-1], row_B=row_B).flatten(0, 1).float()
                loss = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none").view(len(chosen), -1)
            subject.advance(ids.numel())
            for n, one in zip(chosen, loss.double().cpu().numpy(), strict=True):
                nats[n] = one
    return nats
