"""benefit: what a longer context is worth to one model, with an interval over documents.

For targets that were scored twice: (nats with the short context - nats with the long one) / (ln 2 * bytes), in bits per byte.
The interval is the middle 95% of what documents drawn with replacement give (percentile bootstrap); blocks of one document
stay together, because they share its words. Limits: it is too narrow for fewer than about ten documents, and of one model
only: another seed may differ by more.
"""

from collections.abc import Iterator
from math import fsum

import numpy as np

from wordorder.evaluation.base import Item, Score, bits_per_byte

DRAWS = 2000
LEVEL = 0.95
METRICS = ("context_benefit", "context_benefit_low", "context_benefit_high")


def benefit(short: list[Item], long: list[Item], *, apart: tuple[str, ...]) -> Iterator[Score]:
    """The three scores of the items of one length against those of the trained length, item by item the same targets."""
    facts = {name: value for name, value in long[0].facts.items() if name not in (*apart, "why")}
    if why := next((item.facts["why"] for item in (*short, *long) if "why" in item.facts), ""):
        yield from (Score(metric, None, 0, facts, str(why)) for metric in METRICS)
        return
    gain, n_bytes = by_document(short, long)
    n_tokens = sum(int(item.sums["tokens"]) for item in long)
    if not n_bytes.sum():
        yield from (Score(metric, None, 0, facts, "none of its targets is text") for metric in METRICS)
        return
    yield Score(METRICS[0], bits_per_byte(gain.sum(), n_bytes.sum()), n_tokens, facts)
    if len(gain) < 2:
        yield from (Score(metric, None, 0, facts, "one document gives no interval") for metric in METRICS[1:])
        return
    for metric, value in zip(METRICS[1:], interval(gain, n_bytes), strict=True):
        yield Score(metric, value, n_tokens, facts)


def by_document(short: list[Item], long: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    """Nats that the longer context saves, and bytes, of each document that has any text among the targets."""
    before = {item.facts["item"]: item.sums["nats"] for item in short}
    gains: dict[int, list[float]] = {}
    sizes: dict[int, float] = {}
    for item in long:
        if item.sums["bytes"]:
            document = item.facts["document"]
            gains.setdefault(document, []).append(before[item.facts["item"]] - item.sums["nats"])
            sizes[document] = sizes.get(document, 0.0) + item.sums["bytes"]
    order = sorted(gains)
    return np.array([fsum(gains[document]) for document in order]), np.array([sizes[document] for document in order])


def interval(gain: np.ndarray, n_bytes: np.ndarray) -> tuple[float, float]:
    """The least and greatest benefit in the middle of `DRAWS` draws of as many documents, which are the same every time."""
    draw, values = np.random.default_rng(0), np.empty(DRAWS)
    for n in range(DRAWS):
        chosen = draw.integers(len(gain), size=len(gain))
        values[n] = bits_per_byte(gain[chosen].sum(), n_bytes[chosen].sum())
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
