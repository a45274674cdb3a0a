"""The benefit of a longer context is what the rows say, with each model's interval, zero in view and no arm squeezed out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.context_benefit import ContextBenefit
from wordorder.compare.look import SCHEMES as LOOKS
from wordorder.compare.report import write

ENDS, ONE = "Learned ends at position 128", "one document gives no interval"
SMALL = {256: 0.02, 512: 0.03, 1024: 0.035}


def add_benefit(folder: Path, benefits: dict[int, float | None], *, half: float | None = 0.01) -> Path:
    """More of scores.jsonl: the benefit by length over 128, its interval `half` wide to either side; half None: no interval."""
    rows: list[dict[str, Any]] = []
    for length, benefit in benefits.items():
        for metric, side in (("context_benefit", 0), ("context_benefit_low", -1), ("context_benefit_high", 1)):
            known = benefit is not None and (half is not None or not side)
            facts = {"split": "test", "scoring": "last_k", "length": length, "factor": length // 128}
            row = {
                "evaluation": "length_sweep",
                "evaluation_id": "e" * 16,
                "metric": metric,
                "facts": facts,
                "count": 96,
            }
            row["value"] = benefit + side * (half or 0.0) if known else None
            rows.append(row | {"why": "" if known else ENDS if benefit is None else ONE})
    with (folder / "scores.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def read(lab: Path) -> Comparison:
    return compare(lab, baseline="", figures=[ContextBenefit()])


def draw(comparison: Comparison) -> Axes:
    (axes,) = ContextBenefit().draw(comparison).axes
    return axes


def lines_of(axes: Axes) -> dict[str, dict[float, float]]:
    named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    return {str(x.get_label()): dict(zip(x.get_xdata(), x.get_ydata(), strict=True)) for x in named}


def intervals_of(axes: Axes) -> dict[str, list[tuple[float, ...]]]:
    """Colour -> length, low and high of each upright line of any height, by length."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for lines in axes.collections:
        assert isinstance(lines, LineCollection)
        uprights = [(low[0], low[1], high[1]) for low, high in lines.get_segments() if high[1] > low[1]]
        found[to_hex(lines.get_color()[0])] = sorted(uprights)
    return found


def test_the_line_is_the_mean_over_seeds_from_zero_at_the_trained_length(
    add_run: Callable[..., Path], lab: Path
) -> None:
    for seed, more in enumerate((0.0, 0.01, 0.05)):
        add_benefit(add_run("rope", seed), {length: value + more for length, value in SMALL.items()})
    add_benefit(add_run("rope", 3, facts={"status": "failed"}), dict.fromkeys(SMALL, 9.0))
    add_benefit(add_run("alibi"), {256: 0.1, 512: -0.2, 1024: 0.0})
    axes = draw(read(lab))
    lines = lines_of(axes)
    assert lines["rope"] == pytest.approx({128: 0, 256: 0.04, 512: 0.05, 1024: 0.055})
    assert lines["alibi"] == {128: 0, 256: 0.1, 512: -0.2, 1024: 0.0}
    assert sum(len(line.get_xdata()) == 4 for line in axes.get_lines()) == 2 + 3  # arms, seeds of one
    assert "trained length 128" in [text.get_text() for text in axes.texts]
    assert "above 0: it helps" in axes.get_ylabel()


def test_every_seed_has_its_own_interval(add_run: Callable[..., Path], lab: Path) -> None:
    add_benefit(add_run("rope", 0), {256: 0.1, 512: 0.2}, half=0.01)
    add_benefit(add_run("rope", 1), {256: 0.3, 512: 0.4}, half=0.05)
    add_benefit(add_run("alibi"), {256: 0.0, 512: 0.0}, half=0.02)
    found = intervals_of(draw(read(lab)))
    expected = [(256, 0.09, 0.11), (256, 0.25, 0.35), (512, 0.19, 0.21), (512, 0.35, 0.45)]
    assert found[LOOKS["rope"][0]] == [pytest.approx(one) for one in expected]
    assert found[LOOKS["alibi"][0]] == [pytest.approx(one) for one in [(256, -0.02, 0.02), (512, -0.02, 0.02)]]


@pytest.mark.parametrize("sign", [1, -1])
def test_zero_and_all_of_every_interval_are_in_view(sign: int, add_run: Callable[..., Path], lab: Path) -> None:
    add_benefit(add_run("rope"), {length: sign * value for length, value in SMALL.items()}, half=0.004)
    axes = draw(read(lab))
    bottom, top = axes.get_ylim()
    assert sorted((sign * bottom, sign * top)) == pytest.approx([-0.06 * 0.039, 1.06 * 0.039])
    assert [0, 0] in [list(line.get_ydata()) for line in axes.get_lines() if list(line.get_xdata()) == [0, 1]]


def test_a_benefit_of_nothing_is_a_line_on_zero(add_run: Callable[..., Path], lab: Path) -> None:
    add_benefit(add_run("rope"), dict.fromkeys(SMALL, 0.0), half=0.0)
    bottom, top = draw(read(lab)).get_ylim()
    assert bottom < 0 < top


def test_an_arm_that_loses_very_much_leaves_the_others_room_and_is_named(
    add_run: Callable[..., Path], lab: Path
) -> None:
    add_benefit(add_run("alibi"), SMALL)
    add_benefit(add_run("none"), {256: -0.01, 512: -0.02, 1024: -0.04})
    add_benefit(add_run("rope"), {256: -0.5, 512: -1.5, 1024: -4.0})
    comparison = read(lab)
    bottom, top = draw(comparison).get_ylim()
    assert -0.06 < bottom < -0.05 and 0.045 < top < 0.06
    assert ContextBenefit().notes(comparison) == ["rope leaves the chart at the bottom, it goes down to −4.00."]


def test_losses_of_a_usual_size_are_shown_whole(add_run: Callable[..., Path], lab: Path) -> None:
    add_benefit(add_run("alibi"), {256: 0.0, 512: -0.001, 1024: -0.002})
    add_benefit(add_run("rope"), {256: -0.1, 512: -0.2, 1024: -0.4})
    add_benefit(add_run("sinusoidal"), {256: -0.3, 512: -0.5, 1024: -0.8})
    comparison = read(lab)
    assert draw(comparison).get_ylim()[0] < -0.81 and ContextBenefit().notes(comparison) == []


def test_what_an_arm_lacks_is_said_with_its_reason(add_run: Callable[..., Path], lab: Path) -> None:
    add_benefit(add_run("none"), SMALL)
    add_benefit(add_run("learned"), dict.fromkeys(SMALL))
    add_benefit(add_run("alibi"), SMALL, half=None)
    add_benefit(add_run("rope"), SMALL | {1024: None})
    add_run("sinusoidal")
    comparison = read(lab)
    assert ContextBenefit().notes(comparison) == [
        f"learned is not drawn: {ENDS}.",
        f"rope is n/a at 1,024: {ENDS}.",
        "sinusoidal is not drawn: not recorded.",
        f"Without an interval: alibi ({ONE}).",
    ]
    axes = draw(comparison)
    assert set(lines_of(axes)) == {"none", "alibi", "rope"} and list(lines_of(axes)["rope"]) == [128, 256, 512]
    assert LOOKS["alibi"][0] not in {colour for colour, own in intervals_of(axes).items() if own}


def test_the_page_is_silent_where_no_run_was_asked_and_gives_the_reason_where_none_could_answer(
    add_run: Callable[..., Path], lab: Path
) -> None:
    folder = add_run("learned")
    comparison = read(lab)
    assert ContextBenefit().is_empty(comparison) and ContextBenefit().say_empty(comparison) == ""
    add_benefit(folder, dict.fromkeys(SMALL))
    comparison = read(lab)
    assert ContextBenefit().is_empty(comparison)
    write(comparison, lab / "compare")
    page = (lab / "compare" / "report.html").read_text()
    assert f"“Benefit of a longer context” is not drawn: {ENDS}." in page
