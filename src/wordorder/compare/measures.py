"""The quantities that verdicts are about, each with its direction and the difference below which two arms count as equivalent."""

from dataclasses import dataclass

from wordorder.compare.verdict import MARGIN


@dataclass(frozen=True)
class Measure:
    """A quantity that verdicts are about; share: its margin is a share of the baseline's value."""

    title: str
    unit: str
    lower_is_better: bool
    margin: float
    share: bool = False
    evaluation: str = "exact_match"  # that asks for it
    same_text: bool = False  # only scores of one text can be held against each other


MEASURES = {
    "bits_per_byte": Measure("bits per byte", "bits per byte", True, MARGIN, True, "bits_per_byte", True),
    "exact_match_in": Measure("exact match inside of the trained lengths", "exact match", False, 0.03),
    "exact_match_out": Measure("exact match outside of the trained lengths", "exact match", False, 0.03),
}
