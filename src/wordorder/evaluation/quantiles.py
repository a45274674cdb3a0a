"""quantiles: single answers by what is told of them, such as how far each stands from what it asks for."""

from collections.abc import Iterator

from wordorder.evaluation.base import Item, Score, add_up, group_items

SUMS = {"answers": "answers_right", "chance": "chance"}  # metric -> of what it is the mean


def by_quantile(answers: list[Item], n: int) -> Iterator[Score]:
    """The share of right answers, and that of a guess, in parts of about equal size by each fact, first <= fact < end, inside the
    trained lengths and outside of them; equal values stay together. An answer counts in the parts of those facts that are told
    of it."""
    names = {name: None for item in answers for name in item.facts}
    for name in [name for name in names if name not in ("split", "item", "range", "why", "answer")]:
        told = [item for item in answers if name in item.facts]
        for facts, group in group_items(told, apart=tuple({*names} - {"split", "range"})):
            values = sorted(item.facts[name] for item in group)
            edges = sorted({values[len(values) * part // n] for part in range(n)})
            for first, past in zip(edges, [*edges[1:], values[-1] + 1], strict=True):
                part = [item for item in group if first <= item.facts[name] < past]
                about = facts | {name: first, f"{name}_end": past}
                why = next((str(item.facts["why"]) for item in part if "why" in item.facts), "")
                total = {} if why else add_up(part)
                for metric, sum_ in SUMS.items():
                    if why:
                        yield Score(metric, None, 0, about, why)
                    else:
                        yield Score(metric, total[sum_] / total["answers"], len(part), about)
