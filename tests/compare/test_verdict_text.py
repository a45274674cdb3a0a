"""Numbers as they are written, and what the notes say of them."""

from typing import Any

import pytest

from wordorder.compare.verdict import RULE
from wordorder.compare.verdict_text import (
    choose_decimals,
    list_extras,
    list_notes,
    note_conditions,
    note_groups,
    write_interval,
    write_p,
    write_signed,
)


def make_row(seeds: int, p_holm: float | None = 0.5) -> dict[str, Any]:
    return {"seeds": seeds, "p_holm": p_holm}


def note(rows: list[dict[str, Any]]) -> str:
    return " ".join(list_extras(rows, family=sum(row["p_holm"] is not None for row in rows), described=False))


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, "–"), (0.0, "<0.0001"), (0.00005, "<0.0001"), (0.04996, "0.0500"), (0.0497, "0.0497"), (1.0, "1.0000")],
)
def test_p_shows_on_which_side_of_a_twentieth_it_is(p: float | None, text: str) -> None:
    assert write_p(p) == text


@pytest.mark.parametrize(
    ("low", "high", "difference", "decimals"),
    [
        (-0.05, -0.01, -0.03, 3),  # half: 0.020
        (-0.0005, 0.0005, 0.0, 5),  # half: 0.00050
        (-3.0, 5.0, 1.0, 3),
        (0.0, 0.0, 0.0, 3),
        (0.0002, 0.0002, 0.0002, 5),
        (None, None, 0.0002, 5),
        (None, None, None, 3),
        (0.0, 1e-12, 0.0, 8),
    ],
)
def test_decimals_show_two_digits_of_the_interval(
    low: float | None, high: float | None, difference: float | None, decimals: int
) -> None:
    assert choose_decimals({"low": low, "high": high, "difference": difference}) == decimals


def test_signs_are_written_and_zero_has_none() -> None:
    assert [write_signed(value, 3) for value in (0.0314, -0.0314, 0.0001, -0.0001)] == [
        "+0.031",
        "−0.031",
        "0.000",
        "0.000",
    ]
    assert write_interval(-0.5, 0.25, 2) == "−0.50 to +0.25" and write_interval(None, None, 3) == "–"


def test_the_detectable_effect_is_that_of_holms_strictest_step() -> None:
    assert "p < 0.05/4" in note([make_row(5)] * 4) and "in such deviations 2.48 at 5 pairs." in note([make_row(5)] * 4)
    assert "p < 0.05," in note([make_row(10)]) and "1.00 at 10 pairs." in note([make_row(10)])
    rows = [make_row(10), make_row(5), make_row(2, None), make_row(10), make_row(5)]  # one is not tested
    assert "p < 0.05/4" in note(rows) and "2.48 at 5 pairs, 1.28 at 10 pairs." in note(rows)


def test_the_floor_of_the_sign_flip_test_is_said_where_it_matters() -> None:
    assert "It cannot reach 0.05: at 3 pairs not below 0.25, at 5 pairs not below 0.0625." in note(
        [make_row(n) for n in (5, 3, 6)]
    )
    assert "It cannot reach" not in note([make_row(6)]) and "not counted" not in note([make_row(40)])
    assert "Above 40 pairs it is not counted." in note([make_row(41)])


def test_direction_baseline_and_rule_are_said() -> None:
    lower, higher = (
        list_notes(baseline="none", lower_is_better=better, margin="0.01 bits per byte") for better in (True, False)
    )
    assert "arm minus none at the same pair of seeds, mean over pairs; lower is better." in lower[0]
    assert "higher is better" in higher[0] and RULE in lower and "Margin: 0.01 bits per byte." in lower[2]


def test_a_bootstrap_is_explained_where_there_is_one() -> None:
    notes = list_extras([make_row(5)], family=1, described=True)
    assert "Bootstrap" not in note([make_row(5)]) and "Bootstrap" in notes[-1]


def test_pairs_that_count_as_one_are_named_with_the_way_to_more() -> None:
    rows = [{"arm": "rope", "pairs": 9, "seeds": 1}, {"arm": "alibi", "pairs": 3, "seeds": 3}]
    (said,) = note_groups(rows)
    assert "the 9 of rope as 1." in said and "alibi" not in said and "train pairs whose seeds are all different" in said
    assert note_groups(rows[1:]) == []


def test_a_seed_that_all_pairs_have_is_a_condition() -> None:
    rows = [{"arm": "rope", "condition": "data seed 0"}, {"arm": "alibi", "condition": ""}]
    assert note_conditions(rows) == ["For data seed 0 alone, which all pairs have: rope."]
