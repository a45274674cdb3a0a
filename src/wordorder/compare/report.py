"""A comparison of an experiment's runs, and its page: one file that needs no network, with the numbers beside it."""

import io
import json
import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import matplotlib
import pandas as pd
from markupsafe import Markup

from wordorder.compare.arms import Arm, make_arms
from wordorder.compare.audit import Evidence, Finding, audit, summarize
from wordorder.compare.differences import list_differences
from wordorder.compare.documents import read_documents
from wordorder.compare.figure import Drawing
from wordorder.compare.noise_table import make_noise_table
from wordorder.compare.notes import list_commits, list_failures, list_hardware, list_origins, list_warnings
from wordorder.compare.overview import describe_runs, explain
from wordorder.compare.quantities import count_tokenizers
from wordorder.compare.reproduce import list_commands
from wordorder.compare.sentence import write_verdict
from wordorder.compare.single_arms import make_single_arms
from wordorder.compare.tables import Table, make_table, render_markdown
from wordorder.compare.tokenizers import make_tokenizer_table, warn_of_tokenizers
from wordorder.compare.verdict_table import VerdictTable, add_verdicts
from wordorder.errors import InputError
from wordorder.record.read import list_runs, read_config, read_curves, read_runs, read_scores


@dataclass(frozen=True)
class Comparison:
    """What a page shows. failures: run, arm, status, reason, log of what is not in the table; notes: other warnings."""

    experiment: str
    question: str
    command: str
    runs: pd.DataFrame
    scores: pd.DataFrame
    curves: pd.DataFrame
    arms: list[Arm]
    table: Table
    verdicts: list[VerdictTable]  # where seeds are enough to tell
    tokenizers: Table | None  # where there are several
    noise: Table | None  # where seeds of weights and data are crossed
    figures: list[Drawing]
    findings: list[Finding]
    tuning: dict[str, Any]  # tuning.json, {} where nothing was tuned
    failures: list[dict[str, str]]
    notes: list[str]

    @property
    def tables(self) -> list[Table]:
        return [self.table, *self.verdicts, *(table for table in (self.tokenizers, self.noise) if table)]

    @property
    def verdict(self) -> str:
        return write_verdict(self.table, self.verdicts)

    @property
    def audited(self) -> str:
        return summarize(self.findings)

    @property
    def done(self) -> frozenset[str]:
        """The runs that the table and figures are made of."""
        return frozenset(self.runs.loc[self.runs["status"] == "done", "run"])


def compare(
    folder: Path, *, baseline: str, figures: list[Drawing], question: str = "", command: str = "", each: bool = False
) -> Comparison:
    """Read an experiment's runs and hold them against each other; command: what reproduces them; each: every run is an arm.

    Raises InputError where there is nothing to compare, or a figure would compare what cannot be.
    """
    runs, scores = read_runs(folder), read_scores(folder)
    if runs.empty:
        raise InputError(f"experiment={folder.name}: {folder} holds no runs; run the experiment first")
    arms = (make_single_arms if each else make_arms)(list_runs(folder))
    table = make_table(runs, scores, arms, baseline=baseline)
    arms = sorted(arms, key=lambda arm: list(table.rows).index(arm.label))
    table, verdicts = add_verdicts(table, arms, read_documents(folder, runs, scores))
    tuning = read_tuning(folder)
    comparison = Comparison(
        experiment=folder.resolve().name,
        question=question,
        command=command or f"python scripts/train.py experiment={shlex.quote(folder.resolve().name)}",
        runs=runs,
        scores=scores,
        curves=read_curves(folder),
        arms=arms,
        table=table,
        verdicts=verdicts,
        tokenizers=make_tokenizer_table(runs, scores, arms),
        noise=make_noise_table(runs, scores, arms),
        figures=figures,
        findings=audit(Evidence(runs, scores, arms, tuning, single=each)),
        tuning=tuning,
        failures=list_failures(folder, runs, arms),
        notes=[*list_warnings(runs, scores), *warn_of_tokenizers(runs, arms, _limits(folder, runs))],
    )
    for number, figure in enumerate(figures):
        if why := figure.refuse(comparison):
            raise InputError(f"compare.figures.{number}.{why}")
    return comparison


def read_tuning(folder: Path) -> dict[str, Any]:
    """What an experiment of two stages chose for each arm; {} for any other. Raises InputError."""
    file = folder / "tuning.json"
    try:
        return json.loads(file.read_bytes()) if file.is_file() else {}
    except ValueError as error:
        raise InputError(f"{file}: not JSON ({error}); remove it, the command that trains writes it again") from error


def _limits(folder: Path, runs: pd.DataFrame) -> dict[str, int]:
    """Run -> the tokens that its bits_per_byte is limited to, 0 for none; read only where tokenizers differ."""
    if count_tokenizers(runs) < 2:
        return {}
    asked = {path.name: read_config(path).get("evaluation") or {} for path in list_runs(folder)}
    return {run: (evaluations.get("bits_per_byte") or {}).get("tokens", 0) for run, evaluations in asked.items()}


def write(comparison: Comparison, out: Path) -> None:
    """report.html, summary.md, scores.csv and figures/; each file is renamed into place, the page last."""
    out.mkdir(parents=True, exist_ok=True)
    figures = [figure for figure in comparison.figures if not figure.is_empty(comparison)]
    with tempfile.TemporaryDirectory(dir=out, prefix=".part-") as name:
        beside = Path(name)
        (beside / "figures").mkdir()
        drawn = [_draw(figure, comparison, beside / "figures") for figure in figures]
        comparison.scores.to_csv(beside / "scores.csv", index=False, lineterminator="\n")
        (beside / "summary.md").write_text(render_summary(comparison), encoding="utf-8")
        (beside / "report.html").write_text(render_page(comparison, drawn), encoding="utf-8")
        (out / "figures").mkdir(exist_ok=True)
        made = [path.relative_to(beside) for path in sorted(beside.rglob("*.*")) if path.is_file()]
        for path in sorted(made, key=lambda path: path.suffix == ".html"):
            os.replace(beside / path, out / path)
    for old in (out / "figures").iterdir():
        if old.suffix in (".svg", ".png") and old.relative_to(out) not in made:
            old.unlink()  # of a figure that is no longer asked for


def render_summary(comparison: Comparison) -> str:
    """The tables and what qualifies them, as markdown."""
    blocks = [f"# {comparison.experiment}", comparison.question, comparison.verdict and f"**{comparison.verdict}**"]
    blocks += ["\n".join([comparison.audited, *(f"- {one.kind}: {one.said}" for one in comparison.findings)])]
    blocks += [render_markdown(comparison.table).strip()]
    blocks += [f"## {table.title}\n\n{render_markdown(table).strip()}" for table in comparison.tables[1:]]
    left_out = [f"- {f['run']} ({f['arm']}): {f['status']}, {f['reason'] or 'no reason'}" for f in comparison.failures]
    blocks += ["Not in the table:\n\n" + "\n".join(left_out)] if left_out else []
    blocks += ["Mind:\n\n" + "\n".join(f"- {note}" for note in comparison.notes)] if comparison.notes else []
    return "\n\n".join(block for block in [*blocks, f"Reproduce: `{comparison.command}`"] if block) + "\n"


def render_page(comparison: Comparison, drawn: list[dict[str, object]]) -> str:
    """The HTML; drawn: figures as _draw returns them."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    empty = [figure.say_empty(comparison) for figure in comparison.figures if figure.is_empty(comparison)]
    return environment.get_template("report.html.j2").render(
        c=comparison,
        facts=describe_runs(comparison.runs, comparison.table),
        legend=explain(comparison.table),
        tables=[(table, _count_groups(table)) for table in comparison.tables],
        figures=drawn,
        empty=[sentence for sentence in empty if sentence],
        differences=list_differences(comparison.arms),
        commands=list_commands(comparison.runs, comparison.arms),
        origins=list_origins(comparison.runs, comparison.arms),
        hardware=list_hardware(comparison.runs),
        commits=list_commits(comparison.runs),
    )


def _count_groups(table: Table) -> list[tuple[str, int]]:
    """The groups of its columns, each with how many they are."""
    return [(group, len(list(columns))) for group, columns in groupby(table.columns, lambda column: column.group)]


def _draw(figure: Drawing, comparison: Comparison, folder: Path) -> dict[str, object]:
    drawn = figure.draw(comparison)
    png, svg = folder / f"{figure.name}.png", io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": figure.name, "svg.fonttype": "path"}):
        drawn.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    (folder / f"{figure.name}.svg").write_text(svg.getvalue(), encoding="utf-8")
    drawn.savefig(png, dpi=160, metadata={"Software": None})
    caption = " ".join([figure.caption, *figure.notes(comparison)])
    return {"title": figure.title, "caption": caption, "svg": _make_inline(svg.getvalue(), figure.name)}


def _make_inline(svg: str, name: str) -> Markup:
    """The svg element alone; ids get the figure's name, so that two figures on a page do not share any."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    return Markup(re.sub(r'(href="|url\()#', rf"\1#{name}-", svg))
