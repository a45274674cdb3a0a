"""What tasks share, on one that is small enough to see through."""

from collections import Counter
from random import Random

import pytest
from tasks import SIZES, worked

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document
from wordorder.source.task import Example, Task


class Number(Task):
    """Says a number of `length` digits twice, the second time as an answer; there is none of 5 digits."""

    shortest, longest = 1, 40

    def exists(self, length: int) -> bool:
        return length != 5

    def draw(self, length: int, rng: Random) -> Example:
        said = "".join(rng.choices("0123456789", k=length))
        return Example([(said, False), (f" {said}", True)], chance=10.0**-length, facts={"first": said[0]})

    def solve(self, before: str) -> str:
        return f" {before}"


def number(**changed) -> Number:
    return Number(**SIZES | changed)


def test_a_document_is_the_drawn_example_with_its_facts():
    for split in SPLITS:
        for document in number().documents(split):
            said, again = document.text.split(" ")
            assert said == again and document.scored == ((len(said), 2 * len(said) + 1),)
            assert document.facts == {
                "length": len(said),
                "range": "in" if len(said) <= 6 else "out",
                "chance": 10.0 ** -len(said),
                "first": said[0],
            }


def test_lengths_take_turns_and_those_that_do_not_exist_are_left_out():
    lengths = [document.facts["length"] for document in number().documents("test")]
    assert lengths[:10] == [2, 3, 4, 6, 7, 8, 9, 10, 11, 12] and lengths[10:] == lengths[:100]


def test_a_tenth_of_all_prompts_is_for_val_and_one_for_test_whatever_else_changes():
    splits = [dict(val_lengths=[3, 3], test_lengths=[3, 3], train_lengths=[3, 3], seed=seed) for seed in (0, 1)]
    sizes = dict(n_train=8000, n_val=1000, n_test=1000)
    found = [
        {split: {d.text for d in number(**sizes, **changed).documents(split)} for split in SPLITS} for changed in splits
    ]
    for split in SPLITS:
        for other in set(SPLITS) - {split}:
            assert not found[0][split] & found[1][other]
    counts = Counter({split: len(found[0][split] | found[1][split]) for split in SPLITS})
    assert counts.total() == pytest.approx(1000, abs=5)  # nearly all prompts of three digits were drawn
    assert counts["val"] == pytest.approx(100, abs=48) and counts["test"] == pytest.approx(
        100, abs=48
    )  # five deviations


def test_documents_depend_on_seed_split_and_number_alone():
    def texts(split: str, **changed) -> list[str]:
        return [document.text for document in number(**changed).documents(split)][:50]

    assert texts("val") == texts("val", n_train=11, n_test=300, train_lengths=[1, 9], test_lengths=[3, 3])
    assert texts("val") == texts("val", n_val=300)
    assert texts("val") != texts("val", seed=1)
    same = dict(train_lengths=[2, 6], test_lengths=[2, 6])
    assert not set(texts("train", **same)) & set(texts("test", **same))


def test_the_digest_is_that_of_the_documents():
    task = number()
    assert task.digest() == number().digest()
    assert len({task.digest(), *(number(**changed).digest() for changed in (dict(seed=1), dict(n_val=51)))}) == 3


def test_a_prompt_is_all_that_is_not_scored():
    assert Example([("a", False), (" b", True), (" c", False)], chance=0.5).prompt == "a\0 c"
    assert Example([("a b", False)], 1.0).prompt != Example([("a", False), (" b", False)], 1.0).prompt


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (dict(train_lengths=[3]), r"train_lengths=\[3\] must be \[lowest, highest\]"),
        (dict(val_lengths=[3, 2]), r"val_lengths=\[3, 2\] must be \[lowest, highest\]"),
        (dict(test_lengths=[0, 2]), r"test_lengths=\[0, 2\] .*the lowest at least 1 and the highest at most 40"),
        (dict(test_lengths=[2, 41]), r"test_lengths=\[2, 41\] .*the highest at most 40"),
        (dict(val_lengths=[5, 5]), r"val_lengths=\[5, 5\] holds no length that the task has"),
        (dict(n_test=9), "n_test=9 must hold a document of each of the 10 lengths"),
        (dict(n_val=0), "n_val=0 must hold"),
    ],
)
def test_bad_arguments_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        number(**bad)


def test_a_document_for_each_length_is_enough():
    assert [len(document.text) // 2 for document in number(n_test=10).documents("test")] == [
        2, 3, 4, 6, 7, 8, 9, 10, 11, 12,
    ]  # fmt: skip


def test_a_length_without_a_prompt_of_the_split_is_named(monkeypatch):
    monkeypatch.setattr(Number, "draw", lambda self, length, rng: Example([("1", False), (" 1", True)], 1.0))
    refused = []
    for split in SPLITS:  # the one prompt falls to one of them
        try:
            list(number().documents(split))
        except InputError as error:
            refused.append(split)
            assert f"source.{split}_lengths=" in str(error) and "have length 2 that none of 1000" in str(error)
    assert len(refused) == 2


def test_examples_of_a_docstring_are_read():
    docstring = """name: what.

Example: say: a =[ a]
Example n=2, back=true: say: a b =[ b] ;[ a] .
No Example: here
"""
    assert worked(docstring) == [
        ({}, Document("say: a = a", {}, ((8, 10),))),
        ({"n": 2, "back": True}, Document("say: a b = b ; a .", {}, ((10, 12), (14, 16)))),
    ]
