"""mqar: key-value pairs are told, then every key is asked once for its value.

Multi-query associative recall, Arora et al. 2023, 2312.04927 (Zoology).

Length: N pairs and S slots grow with it where they are 0: N = length, S = 2 * length. Both 0: more pairs, further away. `slots`
given: more pairs in as many slots. `pairs` given: as many pairs over more distance.
Keys are distinct small letters, values capitals, each drawn by itself. S slots of two words follow. Each key is asked in one
of them, drawn pair by pair without replacement, the g-th with a probability that is proportional to g^(power - 1): the
published .01 favours short gaps, 1 makes slots equal. The rest is filler.
Facts: `pairs`, `slots`, `distance` (most words from a key to where it is asked). A guess is the value of one of the N pairs.

Example: mqar: a A b B | . . b[ B] a[ A] . . |
Differs: a value stands in the text after its query, where theirs is asked of the query and is never an input, so published
numbers are not comparable. Values may be equal, where theirs are distinct: a distinct one that was said is ruled out for
later queries, and small models learn that elimination and no recall (exact match 1/2 at 2 pairs, 1/5 at 3). Filler is a
dot, not random symbols; 26 letters at most, not 8192 symbols.
"""

from dataclasses import dataclass
from math import prod
from random import Random
from string import ascii_lowercase, ascii_uppercase

from wordorder.source.task import Example, Task


@dataclass(kw_only=True, eq=False)
class MQAR(Task):
    """`n_symbols`: how many keys there are, and how many values. Raises ValueError where keys or slots would not suffice."""

    pairs: int
    slots: int
    power: float
    n_symbols: int

    def __post_init__(self):
        if not 1 <= self.n_symbols <= len(ascii_lowercase):
            raise ValueError(f"n_symbols={self.n_symbols} must be 1 to {len(ascii_lowercase)} letters")
        if not 0 <= self.pairs <= self.n_symbols:
            raise ValueError(f"pairs={self.pairs} must be 0 (as many as the length) to n_symbols={self.n_symbols}")
        if self.slots < 0 or (self.pairs and self.slots):
            raise ValueError(
                f"slots={self.slots} must be 0 (twice the length), or more with pairs=0: one of the two grows"
            )
        if self.power <= 0:
            raise ValueError(f"power={self.power} must be above 0; 1 makes all slots equal, less favours short gaps")
        self.shortest = -(-self.pairs // 2) or 1  # twice the length holds all pairs
        self.longest = None if self.pairs else min(self.n_symbols, self.slots or self.n_symbols)
        super().__post_init__()

    def draw(self, length: int, rng: Random) -> Example:
        n_pairs, n_slots = self.pairs or length, self.slots or 2 * length
        keys = rng.sample(ascii_lowercase[: self.n_symbols], n_pairs)
        values = rng.choices(ascii_uppercase[: self.n_symbols], k=n_pairs)
        slots = draw_slots(n_pairs, n_slots, self.power, rng)
        asked = dict(zip(slots, zip(keys, values, strict=True), strict=True))
        pieces = [("mqar:" + "".join(f" {key} {value}" for key, value in asked.values()) + " |", False)]
        for slot in range(n_slots):
            key, value = asked.get(slot, (".", "."))
            pieces += [(f" {key}", False), (f" {value}", slot in asked)]
        distance = max(2 * n_pairs + 1 + 2 * slot - 2 * pair for pair, slot in enumerate(slots))
        facts = {"pairs": n_pairs, "slots": n_slots, "distance": distance}
        chance = prod(values.count(value) / n_pairs for value in values)
        return Example([*pieces, (" |", False)], chance, facts)  # the end is not an answer

    def solve(self, before: str) -> str:
        value = before.index(f"{before[-2:]} ") + 2  # the key's first place is in its pair
        return before[value : value + 2]


def draw_slots(n_pairs: int, n_slots: int, power: float, rng: Random) -> list[int]:
    """A slot (from 0) for each pair: the first to arrive when slot g arrives at rate g ** (power - 1), which is one draw after
    the other without replacement."""
    arrival = [rng.expovariate((slot + 1) ** (power - 1)) for slot in range(n_slots)]
    return sorted(range(n_slots), key=arrival.__getitem__)[:n_pairs]
