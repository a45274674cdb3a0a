"""Every tokenizer on every task: what is scored are the tokens of the answers, to the byte, and the end where it is asked."""

from pathlib import Path

import pytest
from layouts import LAYOUTS
from test_contract_source import TASKS, make_task

from wordorder.check import make
from wordorder.data.building import open_store
from wordorder.source.base import SPLITS, Document, Source
from wordorder.tokenizer.base import Tokenizer

FOLDER = Path(__file__).parents[1] / "conf" / "tokenizer"
OWN = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "pretrained")
UNBORDERED = ["bpe tokenizer.pre_tokenizer=lines"]  # a space is no border, so that answer and prompt would share tokens
TOKENIZERS = [*OWN, *UNBORDERED, *(f"pretrained {layout}" for layout in LAYOUTS)]


class Few(Source):
    """The first documents of another source."""

    layout = "document"

    def __init__(self, source: Source, n: int):
        self.given = {split: [d for d, _ in zip(source.documents(split), range(n), strict=False)] for split in SPLITS}

    def documents(self, split):
        return iter(self.given[split])


@pytest.fixture(scope="module")
def few():
    return {name: Few(make_task(name), 12) for name in TASKS}


@pytest.fixture(scope="module")
def make_tokenizer(compose_config, few, tmp_path_factory):
    """A tokenizer that has seen texts of all tasks."""

    def make_one(words: str) -> Tokenizer:
        name, *rest = words.split()
        if name == "pretrained":
            rest = [f'tokenizer.path="{LAYOUTS[rest[0]](tmp_path_factory.mktemp("layout"))}"']
        tokenizer = make(compose_config(f"tokenizer={name}", *rest)["tokenizer"], "tokenizer")
        tokenizer.train(document.text for source in few.values() for document in source.documents("train"))
        return tokenizer

    return make_one


def answers_of(document: Document) -> bytes:
    raw = document.text.encode()
    return b"".join(raw[first:past] for first, past in document.scored)


@pytest.mark.parametrize("words", TOKENIZERS)
def test_scored_tokens_are_the_answers_bytes_and_the_end(words, few, make_tokenizer, tmp_path):
    tokenizer = make_tokenizer(words)
    for name, source in few.items():
        store = open_store(source, tokenizer, tmp_path)
        for split in SPLITS:
            stream = store.stream(split)
            for document, first, past in zip(source.documents(split), *stream.document_bounds(), strict=True):
                ids, scored = stream.ids[first + 1 : past + 1], stream.scored[first + 1 : past + 1] > 0
                asked = ids[scored].tolist()
                ends = asked[-1:] == [tokenizer.end_id]
                said = b"".join(tokenizer.vocab[i] for i in (asked[:-1] if ends else asked))
                assert said == answers_of(document), (name, document.text)
                assert ends == document.text.encode().endswith(said) == document.end_scored, (name, document.text)
                whole = b"".join(tokenizer.vocab[i] for i in ids[:-1].tolist())
                assert whole == tokenizer.prefix + document.text.encode()


def test_without_borders_a_tokenizer_would_cut_across_prompt_and_answer(few, make_tokenizer):
    """What the borders of spans are for: cut as a whole, some answers share a token with their prompt."""
    tokenizer, shared = make_tokenizer(UNBORDERED[0]), 0
    for source in few.values():
        for document in source.documents("train"):
            edges = {int(edge) for span in tokenizer.byte_spans(tokenizer.encode(document.text)) for edge in span}
            shared += any(first not in edges for first, _ in document.scored)
    assert shared > 10
