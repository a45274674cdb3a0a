"""disjoint: documents in groups become three splits that share no long run of words."""

import hashlib
import re

from wordorder.source.base import SPLITS, Document, Split

SHARED_RUN = 13  # words in a row that val and test may not share with train; the usual length in contamination checks
SHINGLE = 8  # words; shorter than SHARED_RUN, so that the reported overlap is not zero by construction

Splits = dict[Split, list[Document]]


def split_corpus(found: list[tuple[str, Document]], seed: int) -> tuple[Splits, dict[str, int | float | str]]:
    """Assign groups to splits, drop what val and test share with others, and return the splits and facts about them."""
    split_of = assign_groups(found, seed)
    splits: Splits = {split: [text for group, text in found if split_of[group] == split] for split in SPLITS}
    facts: dict[str, int | float | str] = {}
    known: set[str] = set()
    for split in SPLITS:
        if split != "train":
            before = sum(document.text.count("\n\n") + 1 for document in splits[split])
            splits[split] = [kept for document in splits[split] if (kept := drop_shared(document, known)).text]
            facts[f"dropped_paragraphs_{split}"] = before - sum(d.text.count("\n\n") + 1 for d in splits[split])
        known.update(run for document in splits[split] for run in list_runs(list_words(document.text), SHARED_RUN))
        facts[f"documents_{split}"] = len(splits[split])
        facts[f"bytes_{split}"] = sum(len(document.text.encode()) for document in splits[split])
    in_train = {run for document in splits["train"] for run in list_runs(list_words(document.text), SHINGLE)}
    for split in ("val", "test"):
        runs = [run for document in splits[split] for run in list_runs(list_words(document.text), SHINGLE)]
        facts[f"overlap_{SHINGLE}_words_{split}"] = round(sum(run in in_train for run in runs) / max(1, len(runs)), 6)
    return splits, facts


def assign_groups(found: list[tuple[str, Document]], seed: int) -> dict[str, Split]:
    """Give val, then test, what fits into a tenth of the bytes, in an order drawn by `seed`, and train the rest."""
    sizes: dict[str, int] = {}
    for group, document in found:
        sizes[group] = sizes.get(group, 0) + len(document.text.encode())
    room: dict[Split, int] = {"val": sum(sizes.values()) // 10, "test": sum(sizes.values()) // 10}
    split_of: dict[str, Split] = {}
    for group in sorted(sizes, key=lambda group: hashlib.sha256(f"{seed} {group}".encode()).digest()):
        split_of[group] = next((split for split, free in room.items() if sizes[group] <= free), "train")
        if split_of[group] in room:
            room[split_of[group]] -= sizes[group]
    return split_of


def drop_shared(document: Document, known: set[str]) -> Document:
    """Drop every paragraph that brings a run of SHARED_RUN words into the document that is in `known`."""
    kept: list[str] = []
    before: list[str] = []  # a run may begin in an earlier paragraph
    for paragraph in document.text.split("\n\n"):
        words = before + list_words(paragraph)
        if known.isdisjoint(list_runs(words, SHARED_RUN)):
            kept.append(paragraph)
            before = words[1 - SHARED_RUN :]
    return Document("\n\n".join(kept), document.facts)


def list_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def list_runs(words: list[str], length: int) -> list[str]:
    return [" ".join(words[start : start + length]) for start in range(len(words) - length + 1)]
