"""sum: two schemes at once, each with all that it does.

Shaw et al. 2018, 1803.02155, section 4, where relative positions are tried with and without sinusoidal ones.
acts on: what either acts on   learns: nothing   any length: yes

    h_t = embed_2(embed_1(E[token_t]))                     q, k by the first, then by the second
    score_ij = q_i . k_j / sqrt(K) + b_1(i, j) + b_2(i, j)     and j is seen if both let i see it

Differs: nothing
Oracle: the two biases and the two embeddings added by hand.
"""

from wordorder.position.base import PositionScheme
from wordorder.position.wrapper import Wrapper


class Sum(Wrapper):
    """At most one of the two may replace the softmax; queries and keys that one widens must not be read by the other."""

    def __init__(self, *, first: PositionScheme, second: PositionScheme):
        super().__init__([first, second])
        if first.replaces_softmax and second.replaces_softmax:
            raise ValueError(
                f"second={type(second).__name__} replaces the softmax, as {type(first).__name__} does: only one may"
            )
        for wide, (name, other) in ((first, ("second", second)), (second, ("first", first))):
            if not wide.keeps_width and (other.reads_qk or not other.keeps_width):
                raise ValueError(
                    f"{name}={type(other).__name__} takes queries and keys as wide as a head, and {type(wide).__name__} "
                    "widens them: put them into layers of their own, with by_layer"
                )
