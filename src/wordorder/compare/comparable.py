"""Which scores may be held against each other: those of one text, where they depend on it, that were asked in one way.

A run may be asked again when it is trained, and what it was asked last counts; its record tells by an identity how that was.
Identities hold the text, so of runs of different texts they say nothing.
"""

from collections.abc import Iterator

import pandas as pd

from wordorder.compare.arms import Arm
from wordorder.compare.evidence import Evidence
from wordorder.compare.labels import find_differences, shorten

OTHER_TEXT = "other text"
ASKED_OTHERWISE = "other evaluation"
WHY = {
    OTHER_TEXT: "not the text of {baseline}: bits per byte of different texts say nothing about each other",
    ASKED_OTHERWISE: "not asked as {baseline} was, or not all of its seeds in one way",
}


def find_obstacle(evidence: Evidence, arm: Arm, baseline: Arm, *, evaluation: str, same_text: bool) -> str:
    """Why this arm's scores cannot be held against the baseline's: OTHER_TEXT, ASKED_OTHERWISE, or nothing.

    same_text: the scores depend on what text it is, as bits per byte do. The share of a task's documents that are answered has one
    meaning for all tasks.
    """
    done = evidence.done
    own = done[done["run"].isin([*arm.runs, *baseline.runs])]
    texts = name_texts(own)
    if same_text and texts.nunique() > 1:
        return OTHER_TEXT
    column = f"evaluations_{evaluation}"
    ways = own.groupby(texts)[column].nunique() if column in own else pd.Series(dtype=int)
    return ASKED_OTHERWISE if (ways > 1).any() else ""


def name_texts(runs: pd.DataFrame) -> pd.Series:
    """What text each run has: the digest of its data, or its source's name where not all recorded one."""
    recorded = "digests_data" in runs and runs["digests_data"].notna().all()
    return runs["digests_data" if recorded else "source"].fillna("").astype(str)


def find_evaluations(evidence: Evidence) -> Iterator[str]:
    """Evaluations that finished runs of one text were asked in several ways, or in one way of several sets of documents, as
    those that are long enough for a context are not the same to each tokenizer."""
    done, scores = evidence.done, evidence.scores
    for name in dict.fromkeys(scores.loc[scores["run"].isin(done["run"]), "evaluation"]):
        own = scores[(scores["evaluation"] == name) & (scores["metric"] == "documents")]
        documents = (
            own.drop_duplicates("run").set_index("run")["digest"] if "digest" in own else pd.Series(dtype=object)
        )
        for _, runs in done.groupby(name_texts(done)):
            identities = runs.set_index("run").get(f"evaluations_{name}", pd.Series(dtype=object)).dropna()
            if identities.nunique() > 1:
                yield f"{name} was asked in {identities.nunique()} ways ({_say_ways(evidence, runs, name, identities)})."
            elif (digests := documents[documents.index.isin(runs["run"])].dropna()).nunique() > 1:
                said = "; ".join(", ".join(_arms_of(evidence, own.index)) for _, own in digests.groupby(digests))
                yield f"{name} has scored {digests.nunique()} sets of documents ({said})."


def _say_ways(evidence: Evidence, runs: pd.DataFrame, name: str, identities: pd.Series) -> str:
    """What differs, as far as the runs recorded what they were asked, and in which arms."""
    recorded = runs.set_index("run").get(f"asked_{name}", pd.Series(dtype=object)).dropna()
    ways = {identity: own.index for identity, own in identities.groupby(identities, sort=False)}
    nodes = {identity: next((recorded[run] for run in own if run in recorded), {}) for identity, own in ways.items()}
    keys = find_differences([node for node in nodes.values() if node])
    said = []
    for identity, own in ways.items():
        values = ", ".join(f"{key}={shorten(nodes[identity][key])}" for key in keys if key in nodes[identity])
        said.append(f"{values or identity[:8]}: {', '.join(_arms_of(evidence, own))}")
    return "; ".join(said)


def _arms_of(evidence: Evidence, runs: pd.Index) -> list[str]:
    return [arm.label for arm in evidence.arms if not runs.intersection(list(arm.runs)).empty]
