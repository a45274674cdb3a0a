"""derivation: texts from a probabilistic grammar, each with exactly the information that its derivation takes."""

from bisect import bisect
from decimal import Context
from functools import cache
from itertools import accumulate
from random import Random

BITS = 32  # of a draw: probabilities are whole multiples of 2^-32, so a draw has exactly the one it should
EXACT = Context(prec=28)  # rounds logarithms correctly; those of the C library differ between machines


class Rule:
    """What a symbol may become; weights are rounded to multiples of 2^-32 of their sum, and the first takes what is left."""

    def __init__(self, alternatives: list[tuple[str, ...]], weights: list[int]):
        total, ln_2 = sum(weights), EXACT.ln(2)
        self.alternatives = alternatives
        self.counts = [weight * 2**BITS // total for weight in weights]
        self.counts[0] += 2**BITS - sum(self.counts)
        self.below = list(accumulate(self.counts))
        self.bits = [BITS - float(EXACT.divide(EXACT.ln(count), ln_2)) for count in self.counts]

    def draw(self, rng: Random) -> tuple[tuple[str, ...], float]:
        """An alternative, and how many bits it takes to say which."""
        n = bisect(self.below, rng.getrandbits(BITS))
        return self.alternatives[n], self.bits[n]


Rules = dict[str, Rule]


def derive(rules: Rules, start: str, rng: Random) -> tuple[str, float]:
    """A text, and how many bits it takes to say which; a symbol without a rule is text."""
    waiting, text, bits = [start], [], 0.0
    while waiting:
        symbol = waiting.pop()
        if symbol in rules:
            parts, cost = rules[symbol].draw(rng)
            waiting += reversed(parts)
            bits += cost
        else:
            text.append(symbol)
    return "".join(text), bits


def expect(rules: Rules, start: str) -> tuple[float, float]:
    """How many bits and how many bytes a symbol comes to on average, in closed form."""

    @cache
    def mean(symbol: str) -> tuple[float, float]:
        if symbol not in rules:
            return 0.0, len(symbol.encode())
        rule, bits, size, again = rules[symbol], 0.0, 0.0, 0.0
        for parts, count, cost in zip(rule.alternatives, rule.counts, rule.bits, strict=True):
            inner = [mean(part) for part in parts if part != symbol]
            bits += count / 2**BITS * (cost + sum(one[0] for one in inner))
            size += count / 2**BITS * sum(one[1] for one in inner)
            again += count / 2**BITS * parts.count(symbol)  # E = own + again * E
        return bits / (1 - again), size / (1 - again)

    return mean(start)
