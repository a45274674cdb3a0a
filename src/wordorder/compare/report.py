"""A comparison's page: one file that needs no network, with the numbers and the figures beside it."""

import io
import os
import re
import tempfile
from itertools import groupby
from pathlib import Path

import jinja2
import matplotlib
from markupsafe import Markup

from wordorder.compare.comparison import Comparison
from wordorder.compare.differences import list_differences
from wordorder.compare.figure import Drawing
from wordorder.compare.notes import list_commits, list_hardware, list_origins
from wordorder.compare.overview import describe_runs, explain
from wordorder.compare.reproduce import list_commands
from wordorder.compare.tables import Table, render_markdown


def write(comparison: Comparison, out: Path) -> None:
    """report.html, summary.md, scores.csv and figures/; each file is renamed into place, the page last."""
    out.mkdir(parents=True, exist_ok=True)
    empty = [figure for figure in comparison.figures if figure.is_empty(comparison)]
    figures = [figure for figure in comparison.figures if figure not in empty]
    with tempfile.TemporaryDirectory(dir=out, prefix=".part-") as name:
        beside = Path(name)
        (beside / "figures").mkdir()
        drawn = [_draw(figure, comparison, beside / "figures") for figure in figures]
        comparison.scores.to_csv(beside / "scores.csv", index=False, lineterminator="\n")
        (beside / "summary.md").write_text(render_summary(comparison), encoding="utf-8")
        (beside / "report.html").write_text(render_page(comparison, drawn, empty), encoding="utf-8")
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
    return "\n\n".join(block for block in [*blocks, _write_command(comparison.command)] if block) + "\n"


def _write_command(command: str) -> str:
    """As code; several that were typed, a line each, in a block, because a span of code has no lines."""
    return f"Reproduce:\n\n```\n{command}\n```" if "\n" in command else f"Reproduce: `{command}`"


def render_page(comparison: Comparison, drawn: list[dict[str, object]], empty: list[Drawing]) -> str:
    """The HTML; drawn: figures as _draw returns them; empty: those that have nothing to draw."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        c=comparison,
        facts=describe_runs(comparison.runs, comparison.table),
        legend=explain(comparison.table),
        tables=[(table, _count_groups(table)) for table in comparison.tables],
        figures=drawn,
        empty=[sentence for figure in empty if (sentence := figure.say_empty(comparison))],
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
    drawn.set_layout_engine("none")  # its places are found
    (folder / f"{figure.name}.svg").write_text(svg.getvalue(), encoding="utf-8")
    drawn.savefig(png, dpi=160, metadata={"Software": None})
    caption = " ".join([figure.caption, *figure.notes(comparison)])
    return {"title": figure.title, "caption": caption, "svg": _make_inline(svg.getvalue(), figure.name)}


def _make_inline(svg: str, name: str) -> Markup:
    """The svg element alone; ids get the figure's name, so that two figures on a page do not share any."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    return Markup(re.sub(r'(href="|url\()#', rf"\1#{name}-", svg))
