"""Splits of the sizes asked for that share no long run of words, by a count of runs as tuples."""

import re

import pytest

from wordorder.source import disjoint
from wordorder.source.base import SPLITS, Document


def words(text):
    return re.findall(r"\w+", text.lower())


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_within_two_points(collected, corpus, seed):
    splits = {s: list(corpus.documents(s)) for s in SPLITS} if seed == 0 else disjoint.split_corpus(collected, seed)[0]
    sizes = {split: sum(len(document.text.encode()) for document in splits[split]) for split in SPLITS}
    for split, share in {"train": 0.8, "val": 0.1, "test": 0.1}.items():
        assert abs(sizes[split] / sum(sizes.values()) - share) < 0.02


def test_seeds_split_differently(collected):
    assert disjoint.assign_groups(collected, 0) != disjoint.assign_groups(collected, 1)


def test_splits_share_no_thirteen_words_and_few_eight(corpus):
    def runs(split, length):
        lists = [words(document.text) for document in corpus.documents(split)]
        return [tuple(found[i : i + length]) for found in lists for i in range(len(found) - length + 1)]

    long = {split: set(runs(split, 13)) for split in SPLITS}
    assert not long["train"] & long["val"] and not long["train"] & long["test"] and not long["val"] & long["test"]
    train = set(runs("train", 8))
    for split in ("val", "test"):
        found = runs(split, 8)
        overlap = sum(run in train for run in found) / len(found)
        assert corpus.describe()[f"overlap_8_words_{split}"] == pytest.approx(overlap, abs=1e-6)
        assert 0 < overlap < 0.02


def test_no_package_or_topic_is_in_two_splits(corpus):
    found = {}
    for split in SPLITS:
        for document in corpus.documents(split):
            name = document.facts["name"]
            topic = document.facts["kind"] == "topic"
            found.setdefault(("topic", name) if topic else name.split(".")[0].lstrip("_"), set()).add(split)
    assert all(len(splits) == 1 for splits in found.values())
    assert len(found) > 200


def test_a_paragraph_goes_if_a_known_run_ends_in_it_wherever_the_run_began():
    known = set(disjoint.list_runs([f"w{n}" for n in range(13)], 13))
    begin, end = " ".join(f"w{n}" for n in range(6)), " ".join(f"w{n}" for n in range(6, 13))

    def kept(*paragraphs: str) -> str:
        return disjoint.drop_shared(Document("\n\n".join(paragraphs)), known).text

    assert kept("one", f"before {begin} {end} after", "two") == "one\n\ntwo"
    assert kept(begin, end, "two") == f"{begin}\n\ntwo"
    assert kept(begin, "between", end) == f"{begin}\n\nbetween\n\n{end}"
    assert kept(end, begin) == f"{end}\n\n{begin}"


def test_a_group_is_never_cut_and_val_and_test_stay_below_a_tenth():
    found = [(f"g{n % 40}", Document("x" * (1 + n % 7))) for n in range(400)]
    split_of = disjoint.assign_groups(found, 3)
    sizes = {split: sum(len(d.text) for group, d in found if split_of[group] == split) for split in SPLITS}
    assert set(split_of) == {group for group, _ in found}
    assert all(0 < sizes[split] <= sum(sizes.values()) // 10 for split in ("val", "test"))
