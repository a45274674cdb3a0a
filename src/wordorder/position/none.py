"""none: no position information; only the causal mask tells the past from the future.

Haviv et al. 2022, 2203.16634; Kazemnejad et al. 2023, 2305.19466.
acts on: nothing   learns: nothing   any length: yes

    score_ij = q_i . k_j / sqrt(K)

Differs: nothing
Oracle: the equation as a double loop.
"""

from wordorder.position.base import PositionScheme


class NoPE(PositionScheme):
    """The base scheme under its published name."""

    orders = False
    reads_ids = False
    shift_invariant = True
