"""The five shipped schemes are told apart by eyes that see no red or no green, and in grey print."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from wordorder.check import conf_dir
from wordorder.compare.look import OTHERS, SCHEMES, choose_styles

# Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113: their matrices of severity 1, for linear RGB.
SIGHT = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = [
    [0.412456, 0.357576, 0.180437],
    [0.212673, 0.715152, 0.072175],
    [0.019334, 0.119192, 0.950304],
]  # IEC 61966-2-1
WHITE = np.sum(TO_XYZ, axis=1)
JUST_SEEN = 2.3  # CIE 1976 distance of two colours side by side that are just told apart
FARTHER = 10  # times as far, because lines are thin and lie apart


def to_lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*a*b* of an sRGB colour as this eye sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array(TO_XYZ) @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1) / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distances(sight: str) -> dict[tuple[str, str], float]:
    lab = {name: to_lab(colour, sight) for name, (colour, _, _) in SCHEMES.items()}
    return {pair: float(np.linalg.norm(lab[pair[0]] - lab[pair[1]])) for pair in combinations(SCHEMES, 2)}


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_shipped_schemes_lie_apart_for_every_eye(sight: str) -> None:
    near = {pair: distance for pair, distance in distances(sight).items() if distance < FARTHER * JUST_SEEN}
    assert near == {}


def test_the_simulation_confuses_what_these_eyes_confuse() -> None:
    """Red and green of one lightness are far apart for most eyes and near each other for these; white stays white."""
    for sight in ("no red", "no green"):
        red, green = "#b05040", "#707d2b"
        near, far = (np.linalg.norm(to_lab(red, one) - to_lab(green, one)) for one in (sight, "normal"))
        assert near < far / 2
        assert to_lab("#ffffff", sight) == pytest.approx([100, 0, 0], abs=0.05)


def test_shipped_schemes_differ_in_grey_print() -> None:
    grey = sorted(to_lab(colour, "normal")[0] for colour, _, _ in SCHEMES.values())
    assert all(b - a > 9 for a, b in pairwise(grey)) and grey[-1] < 70  # the lightest still stands out from paper


def test_shipped_schemes_differ_in_marker_and_rarely_in_line_alone() -> None:
    styles = choose_styles({name: name for name in SCHEMES}).values()
    assert len({marker for _, marker, _ in styles}) == len(SCHEMES) and len({line for _, _, line in styles}) == 4


def test_a_scheme_keeps_the_look_of_its_name() -> None:
    names = "t5 kerple fire xpos pope cope fox shaw transformer_xl sandwich path".split()
    for name in names:
        alone, beside = choose_styles({name: name}), choose_styles({each: each for each in (*SCHEMES, name)})
        assert alone[name] == beside[name]
        assert alone[name][0] not in [colour for colour, _, _ in SCHEMES.values()]


def test_a_listed_scheme_is_one_and_has_a_look_of_its_own_wherever_it_stands():
    names = {*SCHEMES, *OTHERS}
    assert len(names) == len(SCHEMES) + len(OTHERS)
    assert names <= {path.stem for path in (Path(conf_dir()) / "position").glob("*.yaml")}
    looks = {name: choose_styles({name: name, "none": "none"})[name] for name in names - {"none"}}
    assert len(set(looks.values())) == len(looks)
    together = choose_styles({name: name for name in names})
    assert all(together[name] == look for name, look in looks.items())
