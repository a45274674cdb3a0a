"""The page is whole, needs nobody, and says what is not in it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import yaml
from markupsafe import escape
from matplotlib.text import Text

from wordorder.check import conf_dir
from wordorder.check import make as make_of
from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.curves import LearningCurves, LengthCurves, PositionCurves
from wordorder.compare.figure import Curves
from wordorder.compare.overview import BITS
from wordorder.compare.report import render_summary, write
from wordorder.compare.verdict import RULE
from wordorder.errors import InputError

SCHEMES = ("none", "rope", "alibi", "sinusoidal", "learned")


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def make(lab: Path, baseline: str = "none", question: str = "", figures: list[Curves] | None = None) -> Comparison:
    figures = [PositionCurves()] if figures is None else figures
    return compare(lab, baseline=baseline, figures=figures, question=question)


def write_page(lab: Path, **arguments: str) -> Page:
    write(make(lab, **arguments), lab / "compare")
    return Page((lab / "compare" / "report.html").read_text(encoding="utf-8"))


def test_all_files_are_there_and_nothing_else(add_run: Callable[..., Path], lab: Path) -> None:
    for position in SCHEMES:
        add_run(position)
    (lab / "compare" / "figures").mkdir(parents=True)
    (lab / "compare" / "figures" / "no_longer_drawn.png").touch()
    (lab / "compare" / "wandb").mkdir()
    write(make(lab, figures=[LearningCurves(), LengthCurves(), PositionCurves()]), lab / "compare")
    names = ("learning_curves", "length_last_k", "position_in_context")
    figures = {f"figures/{name}.{kind}" for name in names for kind in ("png", "svg")}
    found = {str(path.relative_to(lab / "compare")) for path in (lab / "compare").rglob("*") if path.is_file()}
    assert found == {"report.html", "summary.md", "scores.csv"} | figures
    assert (lab / "compare" / "wandb").is_dir()
    assert len(make(lab).runs) == 5  # its own output is not taken for a run


def test_page_has_no_external_references(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    page = write_page(lab)
    html = (lab / "compare" / "report.html").read_text()
    assert "svg" in page.tags and not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    pointers = [value for _, name, value in page.attributes if name in ("src", "href", "xlink:href", "data", "action")]
    assert pointers and all(value.startswith("#") for value in pointers)
    assert not re.search(r"url\((?!#)|@import|<!ENTITY", html)
    assert all("w3.org" in address for address in re.findall(r"https?://[^\"' )]+", html))  # names of XML vocabularies


def test_inline_figures_share_no_ids(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    write(make(lab, figures=[LengthCurves(), PositionCurves()]), lab / "compare")
    page = Page((lab / "compare" / "report.html").read_text())
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    uses = {value.removeprefix("#") for _, name, value in page.attributes if name == "xlink:href"}
    assert uses and uses <= set(ids)
    clips = set(re.findall(r"url\(#([^)]+)\)", (lab / "compare" / "report.html").read_text()))
    assert clips and clips <= set(ids)


def test_strings_are_escaped(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", config={"optimizer": {"kind": "<i>x</i>"}})
    add_run("rope", name="broken", facts={"status": "failed", "reason": "<script>alert(1)</script>"})
    (lab / "broken" / "log.txt").write_text("<script>alert(2)</script>")
    page = write_page(lab, question='is <img src="http://x"> & "order" needed?', baseline="")
    assert page.tags.count("script") == 1 and not {"img", "i"} & set(page.tags)  # one: the filter
    assert 'is <img src="http://x"> & "order" needed?' in page.text and "<script>alert(1)</script>" in page.text
    assert "<script>alert(2)</script>" in page.text


def test_scores_csv_has_the_promised_columns(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    write(make(lab), lab / "compare")
    frame = pd.read_csv(lab / "compare" / "scores.csv", dtype=str)
    promised = "run,position,tokenizer,source,model,weight_seed,data_seed,step,evaluation,metric,value,count,why"
    assert list(frame)[:13] == promised.split(",")
    assert set(frame.columns[13:]) == {"split", "length", "factor", "scoring", "fact_position", "position_end"}
    sweep = frame[(frame["evaluation"] == "length_sweep") & (frame["scoring"] == "last_k")]
    assert sweep["length"].tolist() == ["128", "256", "512", "1024"] and sweep["value"].iloc[3] == "2.735"
    assert len(frame) == 2 + 3 * 4 + 10


def test_one_seed_stands_above_page_and_summary(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    sentence = "one seed: a picture, not a ranking"
    assert sentence in write_page(lab).text and sentence in (lab / "compare" / "summary.md").read_text()
    add_run("none", 1)
    assert sentence not in write_page(lab).text and sentence not in (lab / "compare" / "summary.md").read_text()


def test_failed_running_and_missing_runs_are_listed_with_their_reason(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope", name="broken", facts={"status": "failed", "reason": "loss is not finite at step 3"})
    add_run("alibi", name="busy", facts={"status": "running", "reason": ""})
    (add_run("rope", 1, name="lost") / "run.json").unlink()
    text = write_page(lab).text
    for words in ("broken", "loss is not finite at step 3", "busy", "running", "lost", "no run.json"):
        assert words in text and words in (lab / "compare" / "summary.md").read_text()


def test_running_run_may_lack_facts(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    folder = add_run("rope", name="young")
    (folder / "run.json").write_text('{"status": "running"}')
    (folder / "scores.jsonl").unlink()
    assert "young" in write_page(lab).text


def test_arm_that_lacks_a_seed_is_noted(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1):
        add_run("none", seed)
    add_run("rope")
    assert [finding.said for finding in make(lab).findings] == ["rope has no finished run of seed 1."]


def test_silent_difference_in_data_is_warned_of(add_run: Callable[..., Path], lab: Path) -> None:
    other = {"digests": {"data": "e" * 64, "tokenizer": "a" * 64}}
    add_run("none")
    add_run("rope", facts=other)
    said = "The text differs, though no label says so: 2 digests in none; rope."
    assert [(one.kind, one.said) for one in make(lab).findings] == [("different data", said)]


def test_difference_in_data_that_the_label_tells_is_a_finding_and_no_warning(
    add_run: Callable[..., Path], lab: Path
) -> None:
    add_run("rope")
    choices = {"position": "rope", "tokenizer": "bpe", "source": "text_file", "model": "nano"}
    digests = {"data": "e" * 64, "tokenizer": "f" * 64}
    add_run("rope", facts={"choices": choices, "digests": digests}, config={"source": {"_target_": "wordorder.x.Y"}})
    comparison = make(lab, baseline="python_docs")
    assert [finding.kind for finding in comparison.findings] == ["different data"] and comparison.notes == []
    assert list(comparison.table.rows) == ["python_docs", "text_file"]


def test_page_tells_how_to_reproduce_and_what_differs(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none", config={"optimizer": {"lr": 0.25}})
    add_run("rope", facts={"commit": "feed123", "dirty": True})
    page = write_page(lab, question="does order help?", baseline="")
    for words in (
        "lab",
        "does order help?",
        "python scripts/train.py experiment=lab",
        "optimizer.lr",
        "0.25",
        "dddddddddddd",
    ):
        assert words in page.text
    assert "feed123 with uncommitted changes" in page.text and "2.13.0" in page.text and "Some CPU" in page.text


def test_verdicts_are_marked_by_their_word_and_their_rule_is_not_folded(
    add_run: Callable[..., Path], lab: Path
) -> None:
    for seed, noise in enumerate((0.0, 0.001, -0.001)):
        add_run("none", seed)
        add_run("rope", seed, shift=noise)
    write_page(lab)
    html = (lab / "compare" / "report.html").read_text(encoding="utf-8")
    assert re.search(r'<td class="word better">better</td></tr>', html)
    shown, folded = html.split('<details class="notes">')
    rule = str(escape(RULE))
    assert rule in shown and rule not in folded and "Sign-flip p: " in folded and "Sign-flip p: " not in shown


def test_question_is_the_heading_and_the_name_where_there_is_none(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    for question, heading in (("does order help?", "does order help?"), ("", "lab")):
        write_page(lab, question=question)
        html = (lab / "compare" / "report.html").read_text(encoding="utf-8")
        assert re.findall("<h1>(.*)</h1>", html) == [heading]
        for sentence in ("1 arm, 1 run, 1 seed each.", BITS):
            assert html.index(sentence) < html.index("Fairness audit") < html.index("<table")


def test_same_runs_give_the_same_bytes(add_run: Callable[..., Path], lab: Path, tmp_path: Path) -> None:
    for position in ("none", "learned"):
        add_run(position)
    for name in ("first", "second"):
        write(make(lab, figures=[LengthCurves(), PositionCurves()]), tmp_path / name)
    for path in (tmp_path / "first").rglob("*.*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes(), path


def test_failure_while_writing_leaves_the_old_page(
    add_run: Callable[..., Path], lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run("none")
    write_page(lab)
    before = (lab / "compare" / "report.html").read_bytes()
    add_run("rope")
    monkeypatch.setattr(PositionCurves, "draw", lambda self, comparison: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(make(lab), lab / "compare")
    assert (lab / "compare" / "report.html").read_bytes() == before
    assert not list((lab / "compare").glob(".part-*"))


def test_experiment_without_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="experiment=empty"):
        compare(tmp_path / "empty", baseline="", figures=[])


def test_figure_without_scores_is_mentioned(add_run: Callable[..., Path], lab: Path) -> None:
    (add_run("none") / "scores.jsonl").unlink()
    assert "“Along the context” is not drawn" in write_page(lab).text


def test_dollars_in_a_label_are_dollars_in_every_figure(add_run: Callable[..., Path], lab: Path) -> None:
    for n, pattern in enumerate((r"c$\d$", r"$\frac$")):
        for lr in (0.001, 0.01):
            facts = {"digests": {"tokenizer": str(n), "data": "d"}}
            config = {"tokenizer": {"pattern": pattern}, "optimizer": {"lr": lr}}
            for seed in range(3):
                add_run("rope", seed, facts=facts, config=config, shift=n * 0.1 + seed * 0.01)
    nodes = yaml.safe_load((Path(conf_dir()) / "compare" / "default.yaml").read_text())["figures"]
    figures = [make_of(node, "figure") for node in nodes]
    comparison = compare(lab, baseline="", figures=[])
    comparison = compare(lab, baseline=comparison.arms[0].label, figures=figures)
    write(comparison, lab / "compare")
    drawn = {file.stem for file in (lab / "compare" / "figures").glob("*.svg")}
    assert {"learning_curves", "tokenizers", "cost_quality", "sensitivity_optimizer_lr", "position_in_context"} <= drawn
    texts = [
        text
        for figure in figures
        if not figure.is_empty(comparison)
        for text in figure.draw(comparison).findobj(Text)
        if text.get_text()
    ]
    assert any("$" in text.get_text() for text in texts)
    assert not [text for text in texts if text.get_parse_math()] and not any("math" in t.get_text() for t in texts)


def test_several_commands_are_a_block_and_one_is_a_span(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    one = replace(make(lab), command="train.py seed=0")
    assert render_summary(one).endswith("\nReproduce: `train.py seed=0`\n")
    two = replace(one, command="train.py seed=0\ntrain.py seed=1")
    assert render_summary(two).endswith("\nReproduce:\n\n```\ntrain.py seed=0\ntrain.py seed=1\n```\n")
