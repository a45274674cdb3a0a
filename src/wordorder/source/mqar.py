"""mqar: key-value pairs are told, then keys are asked for their values, each as often as chance will have it.

Multi-query associative recall, Arora et al. 2023, 2312.04927 (Zoology).

Length: N pairs and S slots grow with it where they are 0: N = length, S = 2 * length. Both 0: more pairs, further away. `slots`
given: more pairs in as many slots. `pairs` given: as many pairs over more distance.
Keys are distinct small letters, values distinct capitals. S slots of two words follow, and N of them ask, drawn one after the
other without replacement, the g-th with a probability that is proportional to g^(power - 1): the published .01 favours short
gaps, 1 makes slots equal. Each asks any of the keys. The rest is filler.
Facts: `pairs`, `slots`, `gap` (of each answer, words from its key to where it is asked), `distance` (the widest gap). A guess is
one of the N values told.

Example: mqar: a A b B | b[ B] . . b[ B] . . |
Differs: a value stands in the text after its query, where theirs is asked of the query and is never an input, so published
numbers are not comparable. Theirs asks every key once: in a text that rules out each value that was said, and small models
learn this elimination and no recall (exact match 1/2 at 2 pairs, 1/5 at 3, after what suffices here). Filler is a dot, not
random symbols; 26 letters at most, not 8192 symbols.
"""

from dataclasses import dataclass
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
        values = rng.sample(ascii_uppercase[: self.n_symbols], n_pairs)
        asked = {slot: rng.randrange(n_pairs) for slot in draw_slots(n_pairs, n_slots, self.power, rng)}
        pairs = zip(keys, values, strict=True)
        pieces = [("mqar:" + "".join(f" {key} {value}" for key, value in pairs) + " |", False)]
        for slot in range(n_slots):
            key, value = (keys[asked[slot]], values[asked[slot]]) if slot in asked else (".", ".")
            pieces += [(f" {key}", False), (f" {value}", slot in asked)]
        gaps = [2 * n_pairs + 1 + 2 * slot - 2 * pair for slot, pair in sorted(asked.items())]
        facts = {"pairs": n_pairs, "slots": n_slots, "distance": max(gaps), "gap": gaps}
        return Example([*pieces, (" |", False)], float(n_pairs) ** -n_pairs, facts)  # the end is not an answer

    def solve(self, before: str) -> str:
        value = before.index(f"{before[-2:]} ") + 2  # the key's first place is in its pair
        return before[value : value + 2]


def draw_slots(n_pairs: int, n_slots: int, power: float, rng: Random) -> list[int]:
    """Slots (from 0), one for each query: the first to arrive when slot g arrives at rate g ** (power - 1), which is one draw after
    the other without replacement."""
    arrival = [rng.expovariate((slot + 1) ** (power - 1)) for slot in range(n_slots)]
    return sorted(range(n_slots), key=arrival.__getitem__)[:n_pairs]
