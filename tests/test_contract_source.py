"""What every source promises. Each yaml in conf/source is held to it, a new one too."""

import inspect
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import yaml
from mirrors import MIRRORS, write_tiny_stories
from tasks import check_answers, check_examples, worked

from wordorder import identity
from wordorder.check import locate, make
from wordorder.source.base import SPLITS, Document, Source
from wordorder.source.task import Task

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "source"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/source").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", *identity.SHARED["source"])]
BETWEEN = "\n\n"


def node_of(name: str) -> dict[str, Any]:
    """A yaml with what it takes from another."""
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    of = next((entry for entry in node.pop("defaults", []) if isinstance(entry, str) and entry != "_self_"), None)
    return (node_of(of) if of else {}) | node


def inner_sources(text: str) -> list[str]:
    """The arguments of a yaml that other yamls of the shelf fill: `/source@first: grammar` fills `first`."""
    entries = yaml.safe_load(text).get("defaults", [])
    groups = [group for entry in entries if isinstance(entry, dict) for group in entry]
    return [group.removeprefix("/source@") for group in groups if group.startswith("/source@")]


TASKS = [name for name in NAMES if issubclass(locate(node_of(name), name, ()), Task)]
SMALL = {"n_train": 400, "n_val": 80, "n_test": 80}  # documents of a task
each_source = pytest.mark.parametrize("name", NAMES)
each_task = pytest.mark.parametrize("name", TASKS)


class Given(Source):
    """Documents by split."""

    def __init__(self, **documents: list[Document]):
        self.given = documents

    def documents(self, split):
        return iter(self.given[split])


def paragraphs() -> str:
    return "".join(f"Paragraph {n} is like no other: {n**5 % 10007}.{BETWEEN}" for n in range(400))


@pytest.fixture(scope="session")
def make_source(compose_config, tmp_path_factory):
    """A source of its yaml; what a person must give is given, and sets of the hub lie in folders."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "own.txt").write_text(paragraphs(), encoding="utf-8")
    own = [f"train={folder / 'own.txt'}", "document_bytes=500"]
    counts = ["n_train=40", "n_val=4", "n_test=4"]  # documents of a grammar
    required = {
        "text_file": [f"source.{word}" for word in own],
        "grammar": [f"source.{word}" for word in counts],
        "mixture": ["source@source.first=text_file", *(f"source.first.{word}" for word in own)]
        + [f"source.second.{word}" for word in counts],
    }
    mirrors = {"hub_text": write_tiny_stories} | MIRRORS

    def make_one(name: str, *words: str) -> Source:
        if name in mirrors and name not in required:
            hub_cache.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hub")
            required[name] = [f"source.name={mirrors[name](folder / name)}"]
        few = [f"source.{key}={count}" for key, count in SMALL.items() if name in TASKS]
        words = (f"source={name}", f"output_dir={folder}", *required.get(name, []), *few, *words)
        return make(compose_config(*words)["source"], "source")

    with pytest.MonkeyPatch.context() as hub_cache:
        yield make_one


def collected(source: Source) -> dict[str, list[Document]]:
    return {split: list(source.documents(split)) for split in SPLITS}


@each_source
def test_documents_are_the_same_every_time(name, make_source):
    source = make_source(name)
    first = collected(source)
    assert collected(source) == first == collected(make_source(name))
    assert source.digest() == make_source(name).digest() == source.digest()


@each_source
def test_digest_is_known_before_and_after_reading(name, make_source):
    unread, read = make_source(name), make_source(name)
    collected(read)
    assert unread.digest() == read.digest()
    assert len(unread.digest()) == 64 and int(unread.digest(), 16)


@each_source
def test_splits_have_text_and_share_no_document(name, make_source):
    splits = collected(make_source(name))
    texts = {split: {document.text for document in documents} for split, documents in splits.items()}
    assert all(any(texts[split]) for split in SPLITS)
    assert not texts["train"] & texts["val"] and not texts["train"] & texts["test"] and not texts["val"] & texts["test"]
    sizes = {split: sum(len(text) for text in texts[split]) for split in SPLITS}
    assert sizes["train"] > sizes["val"] and sizes["train"] > sizes["test"]


@each_source
def test_documents_are_text_with_plain_facts(name, make_source):
    for documents in collected(make_source(name)).values():
        for document in documents:
            assert document.text.encode("utf-8").decode("utf-8") == document.text != ""
            for key, value in document.facts.items():
                told = isinstance(value, list)  # one for each answer
                assert not told or len(value) == len(document.scored)
                assert isinstance(key, str) and all(
                    isinstance(one, int | float | str) for one in (value if told else [value])
                )


@each_source
def test_its_description_is_plain(name, make_source):
    for key, value in make_source(name).describe().items():
        assert isinstance(key, str) and isinstance(value, int | float | str)


@each_source
def test_an_unknown_split_is_no_text(name, make_source):
    with pytest.raises((KeyError, ValueError, OSError)):
        next(iter(make_source(name).documents("dev")))


def test_a_file_with_another_byte_has_another_digest(make_source, tmp_path):
    plain = make_source("text_file")
    for at in (0, 5000, len(paragraphs()) - 3):
        changed = tmp_path / f"{at}.txt"
        changed.write_text(paragraphs()[:at] + "#" + paragraphs()[at + 1 :], encoding="utf-8")
        other = make_source("text_file", f"source.train={changed}")
        assert other.digest() != plain.digest()
        assert collected(other) != collected(plain)
    same = tmp_path / "another name.md"
    same.write_text(paragraphs(), encoding="utf-8")
    assert make_source("text_file", f'source.train="{same}"').digest() == plain.digest()


@pytest.mark.parametrize("word", ["source.document_bytes=400"])
def test_other_documents_of_the_same_text_have_another_digest(word, make_source):
    plain, other = make_source("text_file"), make_source("text_file", word)
    assert collected(plain) != collected(other)
    assert plain.digest() != other.digest()


# Tasks.


def twin_of(name: str) -> str:
    """The yaml that has the name of the module."""
    return node_of(name)["_target_"].split(".")[-2]


def make_task(name: str, **changed: Any) -> Task:
    return make(node_of(name) | SMALL | changed, "source")


def examples_of(name: str) -> list[tuple[dict[str, Any], Document]]:
    return worked(sys.modules[locate(node_of(name), name, ()).__module__].__doc__)


each_kind_of_task = pytest.mark.parametrize("name", sorted({twin_of(name) for name in TASKS}))


@each_task
def test_answers_are_those_of_another_route_and_splits_share_no_prompt(name):
    check_examples(make_task(name), most=max(SMALL.values()))


@each_task
def test_lengths_take_turns_from_the_lowest_to_the_highest(name):
    task = make_task(name)
    for split, documents in collected(task).items():
        found = Counter(document.facts["length"] for document in documents)
        assert [min(found), max(found)] == task.lengths[split]
        assert max(found.values()) - min(found.values()) <= 1
        assert sum(found.values()) == SMALL[f"n_{split}"]


@each_task
def test_a_document_does_not_depend_on_how_many_there_are(name):
    task, more = make_task(name), make_task(name, **{key: count + 10 for key, count in SMALL.items()})
    for split in SPLITS:
        assert list(more.documents(split))[: SMALL[f"n_{split}"]] == list(task.documents(split))
    assert more.digest() != task.digest()


@each_task
def test_another_seed_draws_other_documents(name):
    task, other = collected(make_task(name)), collected(make_task(name, seed=1))
    for split in SPLITS:
        pairs = zip(task[split], other[split], strict=True)
        assert sum(one.text != another.text for one, another in pairs) > len(task[split]) / 2


@each_task
def test_documents_of_the_trained_lengths_fit_the_default_context(name, compose_config):
    room = compose_config()["model"]["context_length"]
    assert max(len(document.text.encode()) for document in make_task(name).documents("train")) + 1 <= room  # the end


@each_kind_of_task
def test_examples_worked_in_the_docstring_are_right(name):
    low = node_of(name)["val_lengths"][0]
    lengths = {f"{split}_lengths": [low, low] for split in SPLITS}  # a choice may not have the longest
    assert examples_of(name)
    for changed, document in examples_of(name):
        check_answers(make_task(name, **lengths, **changed), document)


@each_kind_of_task
def test_every_choice_has_a_worked_example_and_differences_are_told(name):
    target = locate(node_of(name), name, ())
    assert "\nDiffers: " in sys.modules[target.__module__].__doc__
    for argument, hint in get_type_hints(target.__init__).items():
        if get_origin(hint) is Literal:
            chosen = {changed.get(argument, node_of(name)[argument]) for changed, _ in examples_of(name)}
            assert chosen == set(get_args(hint)), argument


# The digest that a source has unless it brings its own.


PLAIN = {
    "train": [Document("one", {"kind": "a", "gap": 1}), Document("two")],
    "val": [Document("three")],
    "test": [Document("four")],
}
CHANGED = {
    "a character": PLAIN | {"val": [Document("thrEe")]},
    "a space at the end": PLAIN | {"val": [Document("three ")]},
    "the border between documents": PLAIN | {"train": [Document("onet", PLAIN["train"][0].facts), Document("wo")]},
    "one document of two": PLAIN | {"train": [replace(PLAIN["train"][0], text="onetwo")]},
    "order": PLAIN | {"train": PLAIN["train"][::-1]},
    "split": PLAIN | {"val": PLAIN["test"], "test": PLAIN["val"]},
    "a document moved to the next split": PLAIN
    | {"train": PLAIN["train"][:1], "val": [Document("two"), Document("three")]},
    "a fact": PLAIN | {"train": [Document("one", {"kind": "a", "gap": 2}), Document("two")]},
    "the type of a fact": PLAIN | {"train": [Document("one", {"kind": "a", "gap": "1"}), Document("two")]},
    "no fact": PLAIN | {"train": [Document("one"), Document("two")]},
    "a document that spells the next one's border": PLAIN
    | {"train": [PLAIN["train"][0], Document("twoval []\nthree")], "val": []},
    "an empty document more": PLAIN | {"test": [Document("four"), Document("")]},
}


@pytest.mark.parametrize("documents", CHANGED.values(), ids=CHANGED)
def test_any_change_gives_another_digest(documents):
    assert Given(**documents).digest() != Given(**PLAIN).digest()


def test_equal_documents_have_equal_digests():
    again = PLAIN | {"train": [Document("one", {"gap": 1, "kind": "a"}), Document("two", {})]}  # facts in any order
    assert Given(**again).digest() == Given(**PLAIN).digest()


# Files.


@each_source
def test_yaml_is_short_and_lists_every_argument(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15 and text.startswith("# ")
    node = node_of(name)
    source = locate(node, "source", ())
    assert [*inner_sources(text), *list(node)[1:]] == list(inspect.signature(source).parameters)
    assert issubclass(source, Source)


@pytest.mark.parametrize("name", SHELF)
def test_a_source_has_a_twin_yaml_a_twin_test_and_a_docstring(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.source.{name}.")
    assert (ROOT / "tests" / "source" / f"test_{name}.py").exists()
    assert (ROOT / "src/wordorder/source" / f"{name}.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
