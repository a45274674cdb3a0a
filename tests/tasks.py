"""What every task is held to, for the contract over all yamls and for each task's own test with arguments of its own."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml

from wordorder.source.base import SPLITS, Document
from wordorder.source.task import Task

SIZES: dict[str, Any] = dict(  # small enough for a test
    seed=0, train_lengths=[2, 6], val_lengths=[2, 6], test_lengths=[2, 12], n_train=200, n_val=50, n_test=110
)


def answers(document: Document) -> list[tuple[str, str]]:
    """(all text before it, itself) of every scored piece."""
    found, before = [], ""
    for piece, scored in document.pieces():
        found += [(before, piece)] if scored else []
        before += piece
    return found


def prompt(document: Document) -> tuple[str, ...]:
    """All that is given."""
    return tuple(piece for piece, scored in document.pieces() if not scored)


def examples(task: Task, most: int = 200) -> Iterator[tuple[str, Document]]:
    """(split, document) for the first documents of every split."""
    for split in SPLITS:
        for document in islice(task.documents(split), most):
            yield split, document


def check_examples(task: Task, most: int = 200) -> None:
    """The oracle gives every answer; facts are there and true; no prompt of val or test is in train."""
    given = {split: set() for split in SPLITS}
    for split, document in examples(task, most):
        given[split].add(prompt(document))
        check_answers(task, document)
        check_facts(task, document)
        low, high = task.lengths[split]
        assert low <= document.facts["length"] <= high
    assert not given["train"] & given["val"] and not given["train"] & given["test"] and not given["val"] & given["test"]


def check_answers(task: Task, document: Document) -> None:
    """Something is asked, all of it is solved from the text before it, and answers begin with their separating space."""
    assert answers(document) and document.scored is not None
    for before, answer in answers(document):
        assert task.solve(before) == answer, document.text
        assert answer.startswith(" ") and not before.endswith(" "), document.text


def check_facts(task: Task, document: Document) -> None:
    low, high = task.lengths["train"]
    assert document.facts["range"] == ("in" if low <= document.facts["length"] <= high else "out")
    assert 0 < document.facts["chance"] <= 1


def worked(docstring: str) -> list[tuple[dict[str, Any], Document]]:
    """The worked examples of a module's docstring, each with the arguments that it changes in the twin yaml.

    A line `Example: copy: a b =[ a b]` holds for the yaml as it is, `Example variant=twice, n_symbols=2: ...` for others;
    what stands in brackets is scored.
    """
    found = []
    for changed, text in re.findall(r"^ *Example(?: (\S+=\S+(?:, \S+=\S+)*))?: (.+)$", docstring, flags=re.MULTILINE):
        words = (word.split("=", 1) for word in changed.split(", ") if changed)
        pieces = [(piece, n % 2 == 1) for n, piece in enumerate(re.split(r"[\[\]]", text))]
        found.append(({name: yaml.safe_load(value) for name, value in words}, Document.of(pieces, {})))
    return found
