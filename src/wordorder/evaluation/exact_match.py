"""exact_match: how many documents of a task the model answers without any mistake, by length or what else the task tells.

In one pass with the true text before each token: greedy decoding gives the whole answer exactly when the model's first choice
is right everywhere in it, its end included. Beside it `answers`, the share of single answers that are right where a document
has several; `tokens`, that of their tokens; and what needs no model: `chance` (uniform guesses), `majority` (always the most
frequent of the training answers of that length). A number outside of the trained lengths says something about length only
where the model has learned the task inside them: `learned` is 1 where exact_match inside reaches `gate`, else 0. Where the task
tells of each answer how far it stands from what it asks for (mqar, induction), `answers` is by quantiles of that, too, and
`chance` beside it is that of one answer: the document's, spread evenly over its answers.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from wordorder.evaluation.answers import Answers, read_answers, reading_order
from wordorder.evaluation.base import Evaluation, Item, Score, Subject, add_up, group_items
from wordorder.evaluation.majority import answer_key, majority_answers
from wordorder.evaluation.quantiles import by_quantile
from wordorder.source.base import Facts, Split

RATES = {
    "exact_match": ("hits", "documents"),
    "answers": ("answers_right", "answers"),
    "tokens": ("tokens_right", "tokens"),
    "chance": ("chance", "documents"),
    "majority": ("majority", "documents"),
}


class ExactMatch(Evaluation):
    """`documents` limits the split to so many; 0: all. `by` names facts of the documents, each of which is a table, or several
    facts together, such as [length, depth]; `quantiles` parts the answers by each fact that is told of single answers."""

    def __init__(self, *, split: Split, documents: int, by: list[str | list[str]], quantiles: int, gate: float):
        if documents < 0:
            raise ValueError(f"documents={documents} must not be negative; 0 asks about the whole split")
        if quantiles < 1:
            raise ValueError(f"quantiles={quantiles} must be at least 1, all answers together")
        if not 0 <= gate <= 1:
            raise ValueError(f"gate={gate} must lie between 0 and 1")
        self.split, self.documents, self.by, self.quantiles, self.gate = split, documents, by, quantiles, gate

    def run(self, subject: Subject, *, done: int = 0) -> Iterator[Item]:
        """An item for each document, then one for each of its answers where the task tells of them."""
        stream, facts = subject.store.stream(self.split), subject.store.facts(self.split)
        if subject.layout != "document" or stream.scored is None or "length" not in facts[0]:
            yield from [Item({"split": self.split, "why": "this text has no answers"}, {})][done:]
            return
        numbers = np.arange(min(len(facts), self.documents or len(facts)))
        order = reading_order(subject, stream, numbers)
        beyond = np.setdiff1d(numbers, order)
        past = np.cumsum([1 + n_told(facts[n]) for n in (*order, *beyond)])
        first = int(np.searchsorted(past, done, side="right"))  # the document of the first item that is missing
        done -= int(past[first - 1]) if first else 0
        usual = majority_answers(subject)
        for one in read_answers(subject, stream, numbers, done=first):
            own = facts[one.number]
            whole = count(one, usual.get(own["length"], usual[None])) | {"chance": own["chance"]}
            each = [
                {"answers": 1.0, "answers_right": float(hit), "chance": own["chance"] ** (1 / len(one.hits))}
                for hit in one.hits
            ]
            yield from self.items(one.number, own, whole, each)[done:]
            done = 0
        why = subject.why_no_longer
        for number in beyond[max(0, first - len(order)) :].tolist():
            yield from self.items(number, facts[number] | {"why": why}, {}, [{}] * n_told(facts[number]))[done:]
            done = 0

    def items(self, number: int, facts: Facts, whole: dict[str, float], each: list[dict[str, float]]) -> list[Item]:
        """The item of a document, then those of its answers, if these have facts."""
        about = {"split": self.split, "item": number}
        told = {key: value for key, value in facts.items() if isinstance(value, list)}
        document = {key: value for key, value in facts.items() if key not in told and key != "chance"}
        items = [Item(about | document, whole)]
        shared = about | {key: facts[key] for key in ("range", "why") if key in facts}
        for n in range(n_told(facts)):
            items.append(Item(shared | {"answer": n} | {key: value[n] for key, value in told.items()}, each[n]))
        return items

    def scores(self, items: Iterable[Item]) -> Iterator[Score]:
        """By each fact of `by`, then over all trained lengths and over all others, then single answers by what is told of them."""
        items = sorted(items, key=lambda item: item.facts.get("item", 0))
        answers = [item for item in items if "answer" in item.facts]
        items = [item for item in items if "answer" not in item.facts]
        if "range" not in items[0].facts:
            yield from rates({"split": self.split}, items)
            return
        for by in (*self.by, []):
            names = {by} if isinstance(by, str) else set(by)
            shown = [item for item in items if names <= item.facts.keys()]
            apart = tuple({fact for item in items for fact in item.facts} - {"split", "range"} - names)
            for facts, group in group_items(shown, apart=apart):
                yield from rates(facts, group)
        if inside := [item.sums["hits"] for item in items if item.sums and item.facts["range"] == "in"]:
            reached = sum(inside) / len(inside) >= self.gate
            yield Score("learned", float(reached), len(inside), {"split": self.split, "range": "in"})
        yield from by_quantile(answers, self.quantiles)


def rates(facts: Facts, group: list[Item]) -> Iterator[Score]:
    """The five rates of a group, each a sum over its documents divided once; none where one of them cannot be asked."""
    why = next((str(item.facts["why"]) for item in group if "why" in item.facts), "")
    total = {} if why else add_up(group) | {"documents": float(len(group))}
    for metric, (part, whole) in RATES.items():
        if why:
            yield Score(metric, None, 0, facts, why)
        else:
            yield Score(metric, total[part] / total[whole], int(total[whole]), facts)


def n_told(facts: Facts) -> int:
    """How many answers of a document are told of, one by one."""
    return max((len(value) for value in facts.values() if isinstance(value, list)), default=0)


def count(one: Answers, usual: bytes) -> dict[str, float]:
    """What is right in one document."""
    return {
        "hits": float(all(one.hits)),
        "answers": float(len(one.hits)),
        "answers_right": float(sum(one.hits)),
        "tokens": float(one.scored.sum()),
        "tokens_right": float((one.right & one.scored).sum()),
        "majority": float(answer_key(one.ids[one.scored]) == usual),
    }
