"""What every source promises. Each yaml in conf/source is held to it, a new one too."""

import inspect
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from wordorder.check import locate, make
from wordorder.source.base import SPLITS, Document, Source

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "source"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/source").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", "base", "library", "disjoint", "stretches")]
BETWEEN = "\n\n"

each_source = pytest.mark.parametrize("name", NAMES)


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
    """A source of its yaml; what a person must give is given."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "own.txt").write_text(paragraphs(), encoding="utf-8")
    required = {"text_file": [f"source.train={folder / 'own.txt'}", "source.document_bytes=500"]}

    def make_one(name: str, *words: str) -> Source:
        words = (f"source={name}", f"output_dir={folder}", *required.get(name, []), *words)
        return make(compose_config(*words)["source"], "source")

    return make_one


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
            assert all(
                isinstance(key, str) and isinstance(value, int | float | str) for key, value in document.facts.items()
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
    node = yaml.safe_load(text)
    source = locate(node, "source", ())
    assert list(node)[1:] == list(inspect.signature(source).parameters)
    assert issubclass(source, Source)


@pytest.mark.parametrize("name", SHELF)
def test_a_source_has_a_twin_yaml_a_twin_test_and_a_docstring(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.source.{name}.")
    assert (ROOT / "tests" / "source" / f"test_{name}.py").exists()
    assert (ROOT / "src/wordorder/source" / f"{name}.py").read_text(encoding="utf-8").startswith(f'"""{name}: ')
