import random
import tracemalloc
from collections.abc import Iterator

import pytest

from wordorder.check import make
from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Source
from wordorder.source.mixture import Mixture


class Given(Source):
    """Texts by split."""

    def __init__(self, *, layout: str = "stream", **texts: list[str]):
        self.texts, self.layout = texts, layout

    def documents(self, split: str) -> Iterator[Document]:
        for n, text in enumerate(self.texts[split]):
            yield Document(text, {"n": n}, ((0, len(text.encode())),) if self.layout == "document" else None)

    def describe(self) -> dict[str, int]:
        return {"documents": len(self.texts["train"])}


class Unusable(Source):
    """Says what a source says of its own arguments."""

    def documents(self, split: str) -> Iterator[Document]:
        yield Document("one")
        raise InputError("source.train=own.txt does not exist; give source.train")

    def describe(self) -> dict[str, int]:
        raise InputError("source: nothing is known")


def given(train: list[str], held_out: list[str] | None = None, **more: str) -> Given:
    return Given(train=train, val=held_out or train, test=held_out or train, **more)


def mixed(first: Source, second: Source, share: float = 0.5, when_empty: str = "stop") -> Mixture:
    return Mixture(first=first, second=second, share=share, when_empty=when_empty)


def texts(source: Source, split: str = "train") -> list[str]:
    return [document.text for document in source.documents(split)]


def drawn(seed: int, n: int) -> list[str]:
    """Documents of 1 to 60 characters of two bytes."""
    rng = random.Random(seed)
    return ["é" * rng.randint(1, 60) for _ in range(n)]


def sizes(source: Source, split: str = "train") -> dict[str, int]:
    found = {"first": 0, "second": 0}
    for document in source.documents(split):
        found[str(document.facts["source"]).split(".")[0]] += len(document.text.encode())
    return found


def test_turns_worked_by_hand():
    """A quarter is a's, so that a is due while 3 a <= b. a and b after each: 2 0, 2 4, 2 6, 4 6, 4 12, 6 12, 6 16, 6 18."""
    source = mixed(given(["a1", "a2", "a3"]), given(["b1b1", "b2", "b3b3b3", "b4b4", "b5", "b6"]), share=0.25)
    assert texts(source) == ["a1", "b1b1", "b2", "a2", "b3b3b3", "a3", "b4b4", "b5"]  # then a is due and has no more


@pytest.mark.parametrize("share", [0.03, 0.25, 0.5, 0.8])
@pytest.mark.parametrize("seed", [0, 1])
def test_both_have_their_share_of_the_bytes_to_less_than_a_document_at_any_place(seed, share):
    source = mixed(given(drawn(seed, 400)), given(drawn(seed + 10, 400)), share)
    size, longest = {"first": 0, "second": 0}, 120
    for document in source.documents("train"):
        size[document.facts["source"]] += len(document.text.encode())
        assert abs(size["first"] - share * sum(size.values())) < longest
    assert sum(size.values()) > 100 * longest


def test_both_sources_keep_their_order_and_nothing_is_left_out_or_repeated():
    first, second = [f"a{n}" for n in range(50)], [f"bbb{n}" for n in range(200)]
    found = texts(mixed(given(first), given(second), 0.2))
    of_first, of_second = [t for t in found if t[0] == "a"], [t for t in found if t[0] == "b"]
    assert of_first == first[: len(of_first)] and of_second == second[: len(of_second)]
    assert len(of_first) == 50 or len(of_second) == 200


def test_the_mixture_ends_where_a_source_has_no_more():
    short, long = given(["a" * 10] * 5), given(["b" * 10] * 1000)
    assert sizes(mixed(short, long)) == {"first": 50, "second": 50}
    assert sizes(mixed(long, short)) == {"first": 60, "second": 50}  # the first begins, and is due again at equal bytes
    assert sizes(mixed(short, long, 0.25)) == {"first": 50, "second": 150}


@pytest.mark.parametrize("share", [0.5, 0.1, 0.9])
def test_a_source_begins_again_until_the_other_has_been_read_in_train_alone(share):
    short, long = ["a", "aa", "aaa"], [f"b{n:04}" for n in range(300)]
    source = mixed(given(short), given(long), share, "repeat")
    found = texts(source)
    assert [text for text in found if text[0] == "b"] == long
    of_short = [text for text in found if text[0] == "a"]
    assert of_short == [short[n % 3] for n in range(len(of_short))] and len(of_short) > 3
    size = sizes(source)
    assert size["first"] == pytest.approx(share * sum(size.values()), abs=5)
    assert texts(source, "val") == texts(mixed(given(short), given(long), share), "val")
    assert len(set(texts(source, "val"))) == len(texts(source, "val"))


def test_repeating_ends_when_the_longer_one_has_been_read_once_even_if_it_comes_first():
    source = mixed(given([f"a{n:03}" for n in range(100)]), given(["bbbb", "cccc"]), 0.5, "repeat")
    assert [text for text in texts(source) if text[0] == "a"] == [f"a{n:03}" for n in range(100)]


def test_documents_keep_what_they_are_and_say_where_they_are_from():
    first, second = given(["a", "é"], layout="document"), given(["b", "c"], layout="document")
    source = mixed(first, second)
    assert source.layout == "document"
    assert list(source.documents("train")) == [
        Document("a", {"n": 0, "source": "first"}, ((0, 1),)),
        Document("b", {"n": 0, "source": "second"}, ((0, 1),)),
        Document("é", {"n": 1, "source": "first"}, ((0, 2),)),
        Document("c", {"n": 1, "source": "second"}, ((0, 1),)),
    ]


def test_a_mixture_of_a_mixture_says_the_whole_way_and_shares_multiply():
    inner = mixed(given(["b" * 9] * 2000), given(["c" * 9] * 2000), 0.25)
    source = mixed(given(["a" * 9] * 1000), inner, 0.4)
    size = dict.fromkeys(("first", "second.first", "second.second"), 0)
    for document in source.documents("train"):
        size[document.facts["source"]] += 9
    for name, share in {"first": 0.4, "second.first": 0.15, "second.second": 0.45}.items():
        assert size[name] == pytest.approx(share * sum(size.values()), abs=20)


def test_the_description_tells_what_is_read_and_what_the_sources_tell():
    source = mixed(given(["a", "aa"], ["a"]), given(["éé", "b", "c"], ["b"]))
    told = source.describe()
    assert told["first.documents"] == 2 and told["second.documents"] == 3
    for split in SPLITS:
        assert {name: told[f"bytes_{split}_{name}"] for name in ("first", "second")} == sizes(source, split)
        counts = [told[f"documents_{split}_{name}"] for name in ("first", "second")]
        assert sum(counts) == len(texts(source, split))
    assert (told["bytes_train_second"], told["documents_train_second"]) == (4, 1)  # a, éé, aa, and the first is due


def test_the_digest_names_both_sources_their_order_and_the_rule():
    one, two = given(["a"] * 9), given(["b"] * 9)
    plain = mixed(one, two).digest()
    assert plain == mixed(given(["a"] * 9), given(["b"] * 9)).digest()
    others = [mixed(two, one), mixed(one, two, 0.4), mixed(one, two, 0.5, "repeat"), mixed(given(["a"] * 8), two)]
    others += [mixed(one, given(["b"] * 8))]
    assert len({plain, *(other.digest() for other in others)}) == 6


def test_memory_does_not_grow_with_the_text():
    class Long(Source):
        def documents(self, split: str) -> Iterator[Document]:
            return (Document(f"{n:08}" * 500) for n in range(3000))

    tracemalloc.start()
    size = sum(sizes(mixed(Long(), Long(), 0.3, "repeat")).values())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 24e6 > 1e6 > peak


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2.0])
def test_a_share_of_all_or_nothing_is_refused(share):
    with pytest.raises(ValueError, match=f"^share={share} must lie between 0 and 1"):
        mixed(given(["a"]), given(["b"]), share)


def test_a_corpus_and_a_task_do_not_mix():
    with pytest.raises(ValueError, match="^second=Given makes rows by document, Given by stream"):
        mixed(given(["a"]), given(["b"], layout="document"))


@pytest.mark.parametrize("when_empty", ["stop", "repeat"])
@pytest.mark.parametrize("empty", ["first", "second"])
def test_a_source_without_text_is_named(empty, when_empty):
    sources = {"first": given(["a"] * 9), "second": given(["b"] * 9)} | {empty: given([], ["c"])}
    source = mixed(**sources, when_empty=when_empty)
    with pytest.raises(InputError, match=rf"^source\.{empty}: its train split has no text"):
        texts(source)
    assert texts(source, "val")


def test_what_a_source_says_of_its_own_arguments_has_the_full_key():
    source = mixed(given(["a"] * 9), mixed(Unusable(), given(["b"] * 9)))
    for read in (texts, Mixture.digest, Mixture.describe):
        with pytest.raises(InputError, match=r"^source\.second\.first\.train=own\.txt does not exist; give"):
            read(source)


def test_sources_are_chosen_and_their_arguments_given_by_name(compose_config, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("Words, words.\n\n" * 200)
    words = ("source@source.first=text_file", f"source.first.train={own}", "source.second.n_train=20")
    source = make(compose_config("source=mixture", *words, "source.share=0.25")["source"], "source")
    assert {type(inner).__name__ for inner in source.sources.values()} == {"TextFile", "Grammar"}
    with pytest.raises(InputError, match=r"source\.second\.n_words=3 must be"):
        make(compose_config("source=mixture", *words, "source.second.n_words=3")["source"], "source")
