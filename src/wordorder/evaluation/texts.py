"""texts: what a model makes of texts that stand for themselves, each a row of its own."""

import numpy as np

from wordorder.evaluation.base import Subject
from wordorder.evaluation.calls import ask, nats_of, rows_a_call


def nats_of_texts(subject: Subject, rows: list[np.ndarray], numbers: np.ndarray) -> list[np.ndarray]:
    """Nats of all ids but the first of each row; rows of equal length go through the model together, without padding."""
    lengths, nats = np.array([len(row) for row in rows]), [np.empty(0)] * len(rows)
    for length in np.unique(lengths):
        own = np.flatnonzero(lengths == length)
        n_rows = rows_a_call(subject, int(length))
        for start in range(0, len(own), n_rows):
            chosen = own[start : start + n_rows]
            found = nats_of(*ask(subject, np.stack([rows[n] for n in chosen]), numbers=numbers[chosen]))
            for n, one in zip(chosen, found, strict=True):
                nats[n] = one
    return nats
