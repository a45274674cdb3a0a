"""plain: the frequencies of the paper.

Su et al. 2021, 2104.09864, section 3.2.2.
acts on: q and k   learns: nothing   any length: yes

    omega_m = theta^(-2m/R),  m = 0 .. R/2 - 1,  for R rotated channels

Differs: nothing
Oracle: Hugging Face's table and published values for R = 64.
"""

from wordorder.position.frequencies.base import Frequencies


class Plain(Frequencies):
    """The base rule under its own name."""
