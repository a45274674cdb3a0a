"""What all evaluations share: groups, sums, and what a stream alone is asked."""

from dataclasses import replace

import pytest

from wordorder.evaluation.base import Item, OfStreams, add_up, group_items


def item(nats: float, **facts) -> Item:
    return Item(facts, {"nats": nats, "bytes": 1.0})


def test_groups_come_in_the_order_of_their_first_items_and_keep_that_of_all():
    items = [item(1, length=2, item=0), item(2, length=1, item=0), item(3, length=2, item=1), item(4, item=5)]
    groups = [(facts, [one.sums["nats"] for one in group]) for facts, group in group_items(items, apart=("item",))]
    assert groups == [({"length": 2}, [1, 3]), ({"length": 1}, [2]), ({}, [4])]


def test_what_is_done_to_the_facts_of_a_group_is_not_done_to_its_items():
    items = [item(1, length=2, why="no")]
    for facts, _ in group_items(items, apart=()):
        facts.clear()
    assert items[0].facts == {"length": 2, "why": "no"}


def test_sums_are_added_one_by_one():
    assert add_up([item(1.5), item(2.0)]) == {"nats": 3.5, "bytes": 2.0}


class Counting(OfStreams):
    split = "test"

    def of_stream(self, subject, done):
        yield from [item(n, item=n) for n in range(3)][done:]


@pytest.mark.parametrize("done", [0, 1])
def test_a_stream_is_asked_and_documents_that_are_rows_of_their_own_are_not(done, subject_of):
    subject = subject_of("learned")
    assert [one.sums["nats"] for one in Counting().run(subject, done=done)] == [0, 1, 2][done:]
    (said,) = Counting().run(replace(subject, layout="document"), done=0)
    assert not said.sums and "row of its own" in said.facts["why"]
    assert not list(Counting().run(replace(subject, layout="document"), done=1))


def test_a_subject_says_where_its_scheme_ends(subject_of):
    assert subject_of("learned").why_no_longer == "Learned ends at position 16"
