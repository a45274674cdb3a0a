"""Write the generated parts of README.md: the tables from the shelves' docstrings, the result from outputs/quickstart.

python scripts/readme.py            after make compare, or after changing a shelf
"""

import ast
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPARED = ROOT / "outputs" / "quickstart" / "compare"
SWAPPED = ROOT / "outputs" / "swap" / "compare"
COSTS, COST_CONTEXT = ROOT / "scripts" / "benchmarks" / "position.json", 512  # of benchmark.py position
TORTURED = ROOT / "outputs" / "torture.json"  # of torture.py
GPU_RUN = ROOT / "tests" / "gpu_last_run.json"
PICTURE = ROOT / "outputs" / "quickstart.png"


def main() -> None:
    """Fill every block `<!-- name -->...<!-- /name -->` that is made here; without a comparison the result stays as it is."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    blocks = {"schemes": schemes(), "tokenizers": shelf("tokenizer"), "sources": sources(), "gpu": gpu()}
    blocks["families"] = families()
    if (SWAPPED / "summary.md").exists():
        blocks["swap"] = result(SWAPPED)
    if TORTURED.exists():
        blocks["torture"] = torture(json.loads(TORTURED.read_text(encoding="utf-8")))
    if (COMPARED / "summary.md").exists():
        blocks["result"] = result(COMPARED)
        shutil.copyfile(COMPARED / "figures" / "length.png", PICTURE)
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
    """One row for each position scheme, the presets of each, and under which conditions the cost was measured."""
    parameters, costs = count_parameters(), read_costs()
    rows = [
        "| `position=` | what it does | paper | acts on | learns | any length | parameters | relative cost |",
        "|---|---|---|---|---|---|---:|---:|",
    ]
    for name, text in docstrings("position").items():
        acts = re.search(r"acts on: (.+?)   learns: (.+?)   any length: (.+)", text)
        cost = f"{costs[name]:.2f}" if name in costs else "–"
        cells = [first_sentence(text), link(text.split("\n\n")[1].splitlines()[0]), *acts.groups()]
        rows.append(f"| `{name}` | {' | '.join(cells)} | {parameters[name]:,} | {cost} |")
    return "\n".join([*rows, "", conditions(), "", *presets()]) + "\n"


def link(paper: str) -> str:
    """Authors and years as links; what comes before the first stays, what follows goes."""
    cited = list(re.finditer(r"([A-Z][\w.'’ -]*? \d{4}), (\d{4}\.\d{4,5})", paper))
    links = [f"[{one[1]}](https://arxiv.org/abs/{one[2]})" for one in cited[:2]]
    return paper[: cited[0].start()] + "; ".join(links)


def count_parameters() -> dict[str, int]:
    """The scheme's own at the size of GPT-2 small, counted in one that was built from each yaml."""
    import torch
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    from wordorder.check import make

    counts = {}
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"), torch.device("meta"):
        for name in docstrings("position"):
            config = OmegaConf.to_container(compose("train", [f"position={name}", "model=gpt2"]), resolve=True)
            counts[name] = sum(weight.numel() for weight in make(config["position"], "position").parameters())
    return counts


def read_costs() -> dict[str, float]:
    """How many times as long a training step takes as without a scheme, where that was measured."""
    rows = json.loads(COSTS.read_text(encoding="utf-8"))["tables"]["time of a step"] if COSTS.exists() else []
    at = {"device": "cpu", "context": COST_CONTEXT}
    found = {row["scheme"]: row["times none"] for row in rows if at.items() <= row.items()}
    return {name: cost for name, cost in found.items() if cost is not None} | ({"none": 1.0} if rows else {})


def conditions() -> str:
    """What the two columns of figures are of."""
    said = "Parameters are the scheme's own in `model=gpt2`."
    if not COSTS.exists():
        return said
    measured = json.loads(COSTS.read_text(encoding="utf-8"))
    machine, rows = measured["machine"], measured["tables"]["time of a step"]
    when = sorted({f"{row['date']} at {row['commit'][:7]}" for row in rows if row["context"] == COST_CONTEXT})
    return (
        f"{said} Relative cost: time of a training step of `model=nano` at a context of {COST_CONTEXT} beside that of `none`, on "
        f"{machine['cpu']} with torch {machine['torch']}, {', '.join(when)}."
    )


def presets() -> list[str]:
    """A row for each scheme that other yamls change: their names, each with its own first line."""
    of: dict[str, list[str]] = {}
    for file in sorted((ROOT / "conf" / "position").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        if "\n_target_:" not in text:
            base = re.search(r"defaults:\n  - (\w+)\n", text)[1]
            sentence, paper = re.match(r"# (.*?) ?\(([^()]*\d{4}[^()]*)\)", text).groups()
            of.setdefault(base, []).append(f"`{file.stem}`: {sentence} ({link(paper)})")
    return ["| of | presets |", "|---|---|", *(f"| `{base}` | {'; '.join(each)} |" for base, each in of.items())]


def families() -> str:
    """A row for each model yaml that names a published size: what it does otherwise, its scheme, and who else computes it."""
    import torch
    from hydra import compose, initialize_config_dir
    from omegaconf import OmegaConf

    rows = ["| `model=` | what it is | `model/scale=` | `position=` | class in transformers |", "|---|---|---|---|---|"]
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"), torch.device("meta"):
        for file in sorted((ROOT / "conf" / "model").glob("*.yaml")):
            config = compose("train", [f"model={file.stem}"], return_hydra_config=True)
            chosen = config.hydra.runtime.choices
            if "model/scale" in chosen:
                own = OmegaConf.masked_copy(config, ["model", "position", "data_seed", "seed"])
                named, cited, said = re.match(r"# (.*?) \((.*?)\): (.*)", file.read_text(encoding="utf-8")).groups()
                paper = link(cited) if re.search(r"\d{4}\.\d{4}", cited) else cited
                size = f"`{chosen['model/scale']}`"
                known = stock_class(OmegaConf.to_container(own, resolve=True))
                rows.append(
                    f"| `{file.stem}` | {named} ({paper}): {said} | {size} | `{chosen['position']}` | {known} |"
                )
    return "\n".join(rows) + "\n"


def stock_class(config: dict) -> str:
    """The class of transformers that computes a model, or none."""
    from wordorder.check import make
    from wordorder.hugging_face.classes import choose_stock

    model = make(config["model"], "model", vocab_size=1, position=make(config["position"], "position"))
    try:
        return f"`{choose_stock(model)[0].architecture}`"
    except ValueError:
        return "none"


def shelf(folder: str, without: frozenset[str] = frozenset()) -> str:
    """One row for each file of a shelf: its name and first sentence."""
    rows = [f"| `{folder}=` | what it is |", "|---|---|"]
    found = {name: text for name, text in docstrings(folder).items() if name not in without}
    rows += [f"| `{name}` | {first_sentence(text)} |" for name, text in found.items()]
    return "\n".join(rows) + "\n"


def sources() -> str:
    """The texts, then the tasks by the paper that they are from."""
    found = {name: text for name, text in docstrings("source").items() if "\nExample" in text}
    papers: dict[str, list[str]] = {}
    for name, text in found.items():
        said = f"`{name}`: {first_sentence(text)}"
        authors, paper = re.search(r"([A-Z][\w.'’ &-]*? \d{4}), (\d{4}\.\d{4,5})", text).groups()
        papers.setdefault(f"[{authors}](https://arxiv.org/abs/{paper})", []).append(said)
    rows = [f"| {paper} | {'; '.join(each)} |" for paper, each in sorted(papers.items())]
    return "\n".join([shelf("source", frozenset(found)), "| tasks of | `source=` |", "|---|---|", *rows]) + "\n"


def first_sentence(text: str) -> str:
    """The docstring's first line without the name and the full stop."""
    return text.split("\n\n")[0].replace("\n", " ").split(": ", 1)[1].rstrip(".")


def gpu() -> str:
    """When the tests that need a card last ran, and how they ended."""
    if not GPU_RUN.exists():
        return "GPU tests have not been run yet.\n"
    last = json.loads(GPU_RUN.read_text(encoding="utf-8"))
    ran = last["passed"] + last["failed"]
    part = "" if last["whole"] else "a subset, "
    skipped = f", {last['skipped']} skipped for want of a second card" if last["skipped"] else ""
    return (
        f"GPU tests (`python -m pytest -m gpu`): {part}{last['passed']} of {ran} passed{skipped}, on {last['card']} "
        f"at {last['commit']}, {last['date']}.\n"
    )


def torture(report: dict) -> str:
    """How often a sweep was killed and where it was then, and what came of it."""
    (found,), kills, machine = report["tables"]["found"], report["tables"]["kills"], report["machine"]
    aimed = sum(row["of these aimed"] for row in kills)
    head = [f"| {' | '.join(kills[0])} |", "|---|" + "---:|" * (len(kills[0]) - 1)]
    rows = [f"| {' | '.join(map(str, row.values()))} |" for row in kills]
    bad = ("differing", "unfinished", "survivors")
    came = ", ".join(f"{name} {found[name]}" for name in bad)
    said = (
        f"{found['kills']} times SIGKILL, {found['kills'] - aimed} of them at drawn times, in {found['sweeps']} sweeps of 12 "
        f"runs: {came}. Each was typed again until it was through and compared with an undisturbed sweep, by weights, rows, "
        f"items and scores. On {machine['cpu']} with torch {machine['torch']}, {report['date'][:10]}."
    )
    return "\n".join([said, "", *head, *rows]) + "\n"


def result(compared: Path) -> str:
    """A comparison's tables and what qualifies them, without its title, and with headings below those of the README."""
    text = (compared / "summary.md").read_text(encoding="utf-8").split("\n", 1)[1].strip() + "\n"
    return re.sub("^## ", "#### ", text, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
