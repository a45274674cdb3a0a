"""Whatever is compared, what is written in a figure can be read: no text lies on another, none is cut off."""

import importlib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.figure import Drawing
from wordorder.compare.layout import LONGEST, arrange, wrap

from .test_answers_by_distance import add_gaps
from .test_context_benefit import add_benefit
from .test_recall_grid import add_grid
from .test_tasks import add_answers
from .test_word_order import add_preferences

TOUCH = 0.5  # pixels by which boxes of glyphs may meet


def make_figures() -> list[Drawing]:
    """Those that a comparison shows unless told otherwise."""
    config = yaml.safe_load((Path(__file__).parents[2] / "conf" / "compare" / "default.yaml").read_text())
    made = []
    for node in config["figures"]:
        module, name = node.pop("_target_").rsplit(".", 1)
        made.append(getattr(importlib.import_module(module), name)(**node))
    return made


def find_written(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Bbox]]:
    """What is really drawn, with its box in pixels."""
    written, draw = [], Text.draw

    def record(self: Text, renderer: Any) -> None:
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            written.append((self.get_text(), Text.get_window_extent(self, renderer)))

    canvas = FigureCanvasAgg(figure)
    with monkeypatch.context() as patched:
        patched.setattr(Text, "draw", record)
        canvas.draw()
    return written


def find_faults(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    written, page = find_written(figure, monkeypatch), figure.bbox
    assert len(written) > 5
    inside = page.padded(TOUCH)
    faults = [
        f"{text!r} is cut off" for text, box in written if not all(map(inside.contains, box.intervalx, box.intervaly))
    ]
    for (one, a), (other, b) in combinations(written, 2):
        common = Bbox.intersection(a, b)
        if common is not None and common.width > TOUCH and common.height > TOUCH:
            faults.append(f"{one!r} lies on {other!r}")
    return faults


def fill(add_run: Any, n_arms: int) -> None:
    """Three seeds of each arm; six are three schemes by two tokenizers, twelve these by two learning rates, with long labels."""
    schemes = ["rope", "alibi"] if n_arms == 2 else ["none", "sinusoidal", "rope", "learned", "alibi"]
    arms = [(scheme, "bpe", 0.001) for scheme in schemes]
    if n_arms in (6, 12):
        names, rates = ("byte_pairs_of_some_corpus", "pretrained_on_some_corpus"), (0.00012345, 0.0012345)
        rates = rates[: n_arms // 6]
        arms = [(scheme, name, lr) for scheme in ("rope", "alibi", "sinusoidal") for name in names for lr in rates]
    for number, (scheme, name, lr) in enumerate(arms):
        for seed in range(3):
            folder = add_run(
                scheme, seed, shift=0.03 * number + 0.004 * seed * (number + 1),
                config={"optimizer": {"lr": lr}, "tokenizer": {"_target_": f"wordorder.tokenizer.{name}.{name.title()}"}},
                facts={
                    "choices": {"position": scheme, "tokenizer": name, "source": "python_docs", "model": "nano"},
                    "digests": {"tokenizer": name, "data": "d" * 64, "weights": f"{seed:064x}"},
                    "text": {"bytes_per_token": 2.5, "bytes_train": 2_000_000}, "flops": 5.2e12,
                },
            )  # fmt: skip
            rows = (folder / "scores.jsonl").read_text()
            add_answers(folder, {length: 1 - length / (20 + number) for length in range(1, 13)})
            (folder / "scores.jsonl").write_text(rows + (folder / "scores.jsonl").read_text())
            add_benefit(folder, {length: (0.3 - 0.1 * number) * (length / 128 - 1) / 7 for length in (256, 512, 1024)})
            add_grid(folder, {(x, y): (x + y) / (20 + number) for x in range(1, 13, 3) for y in range(4)})
            gaps = {(3, 5): 0.9, (5, 9): 0.8 - 0.02 * number, (9, 17): 0.6, (17, 34): 0.3 + 0.02 * number}
            add_gaps(folder, gaps, {(2 * first, 2 * past): share / 2 for (first, past), share in gaps.items()})
            add_preferences(folder, {2**n: 0.95 - 0.01 * number - 0.05 * n for n in range(6)}, count=256 - number)


BASELINES = {2: "rope", 5: "none", 6: "sinusoidal, pretrained_on_some_corpus"}
BASELINES |= {12: "sinusoidal, pretrained_on_some_corpus, optimizer.lr=0.0012345"}


@pytest.fixture(params=BASELINES)
def comparison(request: pytest.FixtureRequest, add_run: Any, lab: Path) -> Comparison:
    fill(add_run, request.param)
    read = compare(lab, baseline=BASELINES[request.param], figures=[])
    assert len(read.arms) == request.param
    return read


def test_no_text_of_any_figure_lies_on_another_or_is_cut_off(comparison, monkeypatch):
    figures = [figure for figure in make_figures() if not figure.is_empty(comparison)]
    assert len(figures) == (
        10 if len(comparison.arms) in (2, 5) else 12
    )  # a matrix of six, of twelve a line over rates
    assert {figure.name: find_faults(figure.draw(comparison), monkeypatch) for figure in figures} == {
        figure.name: [] for figure in figures
    }


def test_faults_are_found(monkeypatch):
    figure = Figure(figsize=(2, 2))
    for number in range(6):
        figure.text(0.1, 0.1 + 0.15 * number, f"line {number}")
    assert find_faults(figure, monkeypatch) == []
    figure.text(0.12, 0.12, "across")
    figure.text(0.8, 0.95, "beyond the edge")
    assert find_faults(figure, monkeypatch) == ["'beyond the edge' is cut off", "'line 0' lies on 'across'"]


def test_a_long_label_is_broken_between_words():
    label = "rope, pretrained, theta=1000000, optimizer.lr=0.0012345"
    lines = wrap(label).split("\n")
    assert len(lines) == 2 and " ".join(lines) == label and max(map(len, lines)) <= LONGEST
    assert wrap("rope") == "rope"


def test_four_panels_are_two_rows_and_long_labels_make_room():
    assert [arrange(n, ["rope"])[:2] for n in (1, 2, 3, 4)] == [(1, 1), (1, 2), (1, 3), (2, 2)]
    (narrow, low), (wide, high) = (arrange(3, labels)[2] for labels in (["rope"], ["rope" * 8] * 40))
    assert wide > narrow and high > low and narrow <= 10  # inches, which a page shows as they are
