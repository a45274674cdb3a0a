"""Parts of answers by quantiles, by hand."""

from wordorder.evaluation.base import Item, Score
from wordorder.evaluation.quantiles import by_quantile


def answers(values: list[int], right: list[int], **facts) -> list[Item]:
    return [
        Item(
            {"split": "test", "item": n, "range": "in", "answer": 0, "gap": value} | facts,
            {"answers": 1.0, "answers_right": hit, "chance": 1 / value},
        )
        for n, (value, hit) in enumerate(zip(values, right, strict=True))
    ]


def found(items: list[Item], n: int) -> list[tuple]:
    return [(s.facts["gap"], s.facts["gap_end"], s.value, s.count) for s in shares(items, n)]


def shares(items: list[Item], n: int) -> list[Score]:
    return [score for score in by_quantile(items, n) if score.metric == "answers"]


def test_parts_are_of_equal_size_where_values_differ():
    items = answers([8, 1, 2, 7, 3, 4, 5, 6], [0, 1, 1, 0, 1, 0, 1, 1])
    assert found(items, 4) == [(1, 3, 1.0, 2), (3, 5, 0.5, 2), (5, 7, 1.0, 2), (7, 9, 0.0, 2)]
    assert found(items, 1) == [(1, 9, 5 / 8, 8)]


def test_equal_values_stay_together():
    items = answers([1, 1, 1, 1, 1, 1, 5, 9], [1, 1, 1, 0, 0, 0, 1, 0])
    assert found(items, 4) == [(1, 5, 0.5, 6), (5, 10, 0.5, 2)]
    assert found(answers([3, 3], [1, 0]), 4) == [(3, 4, 0.5, 2)]


def test_ranges_have_parts_of_their_own_and_facts_tables_of_their_own():
    items = answers([1, 2], [1, 0]) + answers([50, 60], [0, 0], range="out", depth=7)
    scores = shares(items[:2], 2) + shares(items[2:], 2)
    assert [s.facts for s in scores if "gap" in s.facts] == [
        {"split": "test", "range": "in", "gap": 1, "gap_end": 2},
        {"split": "test", "range": "in", "gap": 2, "gap_end": 3},
        {"split": "test", "range": "out", "gap": 50, "gap_end": 60},
        {"split": "test", "range": "out", "gap": 60, "gap_end": 61},
    ]
    assert [s.facts["depth"] for s in scores if "depth" in s.facts] == [7]


def test_nothing_told_is_nothing_said():
    assert list(by_quantile([], 4)) == []


def test_a_part_that_could_not_be_asked_has_no_number():
    items = answers([1, 2], [1, 0]) + [
        Item({"split": "test", "item": 9, "range": "in", "answer": 0, "gap": 2, "why": "ends at position 4"}, {})
    ]
    near, guess, far, no_guess = by_quantile(items, 2)
    assert (near.value, far.value, far.why, far.count) == (1.0, None, "ends at position 4", 0)
    assert (guess.value, no_guess.value, no_guess.why, no_guess.count) == (1.0, None, "ends at position 4", 0)


def test_answers_of_which_other_facts_are_told_are_left_out_of_a_table():
    items = answers([1, 2], [1, 0])
    items += [
        Item(
            {"split": "test", "item": 9, "range": "in", "answer": 0, "depth": 5},
            {"answers": 1.0, "answers_right": 1, "chance": 0.5},
        )
    ]
    scores = shares(items, 1)
    assert [(s.facts.get("gap"), s.facts.get("depth"), s.value, s.count) for s in scores] == [
        (1, None, 0.5, 2),
        (None, 5, 1.0, 1),
    ]


def test_chance_is_the_mean_over_the_answers_of_a_part():
    """Chances of a guess are 1, 1/2, 1/4 and 1/8."""
    items = answers([8, 1, 2, 4], [0, 1, 1, 0])
    chances = [score for score in by_quantile(items, 2) if score.metric == "chance"]
    assert [(s.facts["gap"], s.value, s.count) for s in chances] == [(1, 0.75, 2), (4, 0.1875, 2)]
