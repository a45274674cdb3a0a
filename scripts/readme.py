"""Write the generated parts of README.md: the tables from the shelves' docstrings, the result from outputs/quickstart.

python scripts/readme.py            after make compare, or after changing a shelf
"""

import ast
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPARED = ROOT / "outputs" / "quickstart" / "compare"
PICTURE = ROOT / "outputs" / "quickstart.png"


def main() -> None:
    """Fill every block `<!-- name -->...<!-- /name -->` that is made here; without a comparison the result stays as it is."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    blocks = {"schemes": schemes(), "tokenizers": shelf("tokenizer"), "sources": shelf("source")}
    if (COMPARED / "summary.md").exists():
        blocks["result"] = result()
        shutil.copyfile(COMPARED / "figures" / "length_last_k.png", PICTURE)
    readme.write_text(fill(text, blocks), encoding="utf-8")


def fill(text: str, blocks: dict[str, str]) -> str:
    """Replace what stands between the markers of each block."""
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert pattern.search(text), f"README.md has no block {name}"
        text = pattern.sub(lambda found, block=block: f"{found[1]}{block}{found[2]}", text)
    return text


def docstrings(folder: str) -> dict[str, str]:
    """The module docstring of every thing on a shelf, by name: of each file that has a yaml of its name."""
    files = sorted((ROOT / "src" / "wordorder" / folder).glob("*.py"))
    files = [file for file in files if (ROOT / "conf" / folder / f"{file.stem}.yaml").exists()]
    return {file.stem: ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) for file in files}


def schemes() -> str:
    """One row for each position scheme: what it is, paper, where it acts, what it learns, how long it goes."""
    rows = ["| `position=` | what it does | paper | acts on | learns | any length |", "|---|---|---|---|---|---|"]
    for name, text in docstrings("position").items():
        sentence, paper = first_sentence(text), text.split("\n\n")[1].splitlines()[0].rstrip(".")
        acts = re.search(r"acts on: (.+?)   learns: (.+?)   any length: (.+)", text)
        rows.append(f"| `{name}` | {sentence} | {paper} | {acts[1]} | {acts[2]} | {acts[3]} |")
    return "\n".join(rows) + "\n"


def shelf(folder: str) -> str:
    """One row for each file of a shelf: its name and first sentence."""
    rows = [f"| `{folder}=` | what it is |", "|---|---|"]
    rows += [f"| `{name}` | {first_sentence(text)} |" for name, text in docstrings(folder).items()]
    return "\n".join(rows) + "\n"


def first_sentence(text: str) -> str:
    """The docstring's first line without the name and the full stop."""
    return text.split("\n\n")[0].replace("\n", " ").split(": ", 1)[1].rstrip(".")


def result() -> str:
    """The comparison's table and what qualifies it, without its title."""
    return (COMPARED / "summary.md").read_text(encoding="utf-8").split("\n", 1)[1].strip() + "\n"


if __name__ == "__main__":
    main()
