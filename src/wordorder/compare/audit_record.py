"""Inequalities that runs recorded themselves: what they spent, what they were made of, where and how they were computed."""

from collections.abc import Iterator

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.comparable import name_texts
from wordorder.compare.evidence import Evidence
from wordorder.compare.quantities import SEEDS, count_tokenizers

TOLERANCE = 0.01  # of budgets and parameters: a published ablation matches them within one per cent
SPENT = {"tokens": "tokens", "bytes": "bytes", "flops": "flops", "steps": "steps"}


def means_of(evidence: Evidence, column: str) -> pd.Series:
    """An arm's mean of what its finished runs recorded, by label; arms without it are left out."""
    done = evidence.done
    if column not in done:
        return pd.Series(dtype=float)
    values = {arm.label: of_arm(done, arm)[column].dropna().astype(float).mean() for arm in evidence.arms}
    return pd.Series(values, dtype=float).dropna()


def of_arm(runs: pd.DataFrame, arm: Arm) -> pd.DataFrame:
    return runs[runs["run"].isin(arm.runs)]


def apart(values: pd.Series, tolerance: float = TOLERANCE) -> bool:
    return len(values) > 1 and bool(values.max() > (1 + tolerance) * values.min())


def extremes(values: pd.Series, unit: str) -> str:
    """The smallest and the largest, with their arms."""
    low, high = values.idxmin(), values.idxmax()
    more = 100 * (values[high] / values[low] - 1) if values[low] else float("inf")
    share = f"{more:,.0f}" if more >= 10 else f"{more:.2g}"
    return f"{low} {values[low]:,.0f} {unit}, {high} {values[high]:,.0f} ({share}\u00a0% more)"


def find_budgets(evidence: Evidence) -> Iterator[str]:
    """Arms that were promised, or spent, different amounts of what the budget counts."""
    units = {str(arm.config.get("trainer.unit", "tokens")) for arm in evidence.arms}
    if len(units) > 1:
        yield f"Budgets are counted in {' and '.join(sorted(units))}."
        return
    unit = units.pop() if units else "tokens"
    spent = means_of(evidence, SPENT.get(unit, "tokens"))
    if apart(spent):
        yield f"Arms trained on unequal budgets: {extremes(spent, unit)}."
    if (
        unit in ("tokens", "steps")
        and count_tokenizers(evidence.runs) > 1
        and apart(read := means_of(evidence, "bytes"))
    ):
        yield f"Arms trained on equal {unit}, which are unequal text: {extremes(read, 'bytes')}."
    for arm in evidence.arms:
        own = of_arm(evidence.done, arm)
        if SPENT.get(unit) in own and apart(pd.to_numeric(own[SPENT[unit]]).dropna()):
            yield f"Runs of {arm.label} trained on unequal budgets."


def find_parameters(evidence: Evidence) -> Iterator[str]:
    """Parameters besides the embedding, which follows the vocabulary."""
    done = evidence.done
    if not {"parameters_total", "parameters_embedding"} <= set(done):
        return
    own = done.assign(rest=pd.to_numeric(done["parameters_total"]) - pd.to_numeric(done["parameters_embedding"]))
    counted = {arm.label: of_arm(own, arm)["rest"].dropna().astype(float).mean() for arm in evidence.arms}
    if apart(values := pd.Series(counted, dtype=float).dropna()):
        yield f"Arms differ in parameters besides the embedding: {extremes(values, 'parameters')}."


def find_vocabularies(evidence: Evidence) -> Iterator[str]:
    if apart(values := means_of(evidence, "vocabulary_actual"), 0.0):
        yield f"Vocabularies differ in their actual size: {extremes(values, 'tokens')}."


def find_failures(evidence: Evidence) -> Iterator[str]:
    """Runs that are not done, whatever became of them; they are listed by name below the tables."""
    left = evidence.runs[evidence.runs["status"] != "done"]
    if len(left):
        kinds = left["status"].fillna("missing").value_counts()
        counted = ", ".join(f"{count} {status}" for status, count in kinds.items())
        yield f"{len(left)} of {len(evidence.runs)} runs are not in the tables: {counted}."


def find_doubles(evidence: Evidence) -> Iterator[str]:
    for arm in evidence.arms:
        seeds = of_arm(evidence.done, arm)[SEEDS]
        if len(seeds) > len(seeds.drop_duplicates()):
            yield f"{arm.label} has more than one finished run of a seed; their mean counts once."


def find_texts(evidence: Evidence) -> Iterator[str]:
    """Arms of several texts, whether their sources say so or not."""
    yield from find_digests(evidence, "digests_data", "source", "text")
    done = evidence.done
    texts = name_texts(done)
    by_text: dict[tuple[str, ...], list[str]] = {}
    for arm in evidence.arms:
        by_text.setdefault(tuple(sorted(set(texts[done["run"].isin(arm.runs)]))), []).append(arm.label)
    by_text.pop((), None)  # arms without a finished run
    if len(by_text) > 1 and len(group_arms(evidence.arms, ("source",))) > 1:
        said = "; ".join(", ".join(labels) for labels in by_text.values())
        yield f"Arms are of {len(by_text)} texts ({said}): bits per byte of one say nothing about those of another."


def find_tokenizers(evidence: Evidence) -> Iterator[str]:
    yield from find_digests(evidence, "digests_tokenizer", "tokenizer", "tokenizer")


def find_digests(evidence: Evidence, column: str, section: str, name: str) -> Iterator[str]:
    """Arms that say the same of their text or tokenizer, and whose runs yet did not read the same bytes."""
    for group in group_arms(evidence.arms, ("source",) if section == "source" else ("source", "tokenizer")):
        own = evidence.runs[evidence.runs["run"].isin([run for arm in group for run in arm.runs])]
        if column in own and own[column].nunique() > 1:
            labels = "; ".join(arm.label for arm in group)
            yield f"The {name} differs, though no label says so: {own[column].nunique()} digests in {labels}."


def group_arms(arms: list[Arm], sections: tuple[str, ...]) -> list[list[Arm]]:
    """Arms that say the same in these sections of their configs."""
    groups: dict[str, list[Arm]] = {}
    for arm in arms:
        said = {key: value for key, value in arm.config.items() if key.split(".")[0] in sections}
        groups.setdefault(repr(sorted(said.items(), key=str)), []).append(arm)
    return list(groups.values())


def find_code(evidence: Evidence) -> Iterator[str]:
    """The code that every run passes, and within an arm that of its scheme, tokenizer and source."""
    done = evidence.done
    if "code" in done and done["code"].nunique() > 1:
        yield f"Runs were trained by {done['code'].nunique()} versions of the code that all of them pass."
    for arm in evidence.arms:
        own = of_arm(done, arm)
        if "shelf_code" in own and own["shelf_code"].nunique() > 1:
            yield f"Runs of {arm.label} were trained by {own['shelf_code'].nunique()} versions of its own code."


def find_arithmetic(evidence: Evidence) -> Iterator[str]:
    kinds: dict[str, list[str]] = {}
    for arm in evidence.arms:
        if "trainer.precision" in arm.config:
            kinds.setdefault(str(arm.config["trainer.precision"]), []).append(arm.label)
    if len(kinds) > 1:
        said = "; ".join(f"{kind}: {', '.join(labels)}" for kind, labels in sorted(kinds.items()))
        yield f"Arms were trained in different arithmetic ({said})."


def find_kernels(evidence: Evidence) -> Iterator[str]:
    done = evidence.done
    kernels: dict[str, list[str]] = {}
    for arm in evidence.arms if "kernel" in done else []:
        for kernel in of_arm(done, arm)["kernel"].dropna().unique():
            kernels.setdefault(str(kernel), []).append(arm.label)
    if len(kernels) > 1:
        said = "; ".join(f"{kernel}: {', '.join(labels)}" for kernel, labels in kernels.items())
        yield f"Attention was computed by different kernels, which agree up to rounding and differ in speed ({said})."


MACHINES = {
    "device": "devices",
    "host_name": "machines",
    "versions_torch": "builds of torch",
    "processes": "numbers of processes",
}


def find_machines(evidence: Evidence) -> Iterator[str]:
    done = evidence.done
    for column, name in MACHINES.items():
        if column in done and done[column].nunique() > 1:
            kinds = ", ".join(sorted(map(str, done[column].dropna().unique())))
            yield f"Runs were trained on {done[column].nunique()} {name} ({kinds}): compare speed and memory with care."
