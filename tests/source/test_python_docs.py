import inspect
import json
import os
import re
import subprocess
import sys

import pytest

from wordorder.errors import InputError
from wordorder.source import disjoint, library
from wordorder.source.base import SPLITS, Document, Source
from wordorder.source.python_docs import PythonDocs

BUILD = """
import sys
from wordorder.source.python_docs import PythonDocs
print(PythonDocs(seed=0, cache=sys.argv[1]).digest())
"""


@pytest.fixture(scope="module")
def collected():
    return library.collect_documents()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, collected):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "collect_documents", lambda: collected)
        made = PythonDocs(seed=0, cache=str(tmp_path_factory.mktemp("sources")))
        made.digest()
    return made


@pytest.fixture
def small(monkeypatch):
    """Stand in for the library: 40 packages of one document; the list counts how often it was read."""
    reads = []
    found = [
        (f"p{i}", Document(f"Only p{i} says this é\r\n\u2028.", {"kind": "module", "name": f"p{i}"})) for i in range(40)
    ]
    monkeypatch.setattr(library, "collect_documents", lambda: reads.append(1) or found)
    return reads


def words(text):
    return re.findall(r"\w+", text.lower())


def all_texts(source):
    return [document.text for split in SPLITS for document in source.documents(split)]


def test_every_process_makes_the_same_corpus_and_builders_wait_for_each_other(tmp_path, corpus):
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", BUILD, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert [builder.communicate()[0].strip() for builder in builders] == [corpus.digest()] * 2
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".lock"]


def test_digest_is_that_of_the_documents(corpus):
    assert corpus.digest() == Source.digest(corpus)


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_within_two_points(collected, corpus, seed):
    splits = {s: list(corpus.documents(s)) for s in SPLITS} if seed == 0 else disjoint.split_corpus(collected, seed)[0]
    sizes = {split: sum(len(document.text.encode()) for document in splits[split]) for split in SPLITS}
    for split, share in {"train": 0.8, "val": 0.1, "test": 0.1}.items():
        assert abs(sizes[split] / sum(sizes.values()) - share) < 0.02


def test_description_counts_what_is_there(corpus):
    facts = corpus.describe()
    for split in SPLITS:
        found = [document.text.encode() for document in corpus.documents(split)]
        assert (facts[f"documents_{split}"], facts[f"bytes_{split}"]) == (len(found), sum(map(len, found)))


def test_seeds_split_differently(collected):
    assert disjoint.assign_groups(collected, 0) != disjoint.assign_groups(collected, 1)


def test_splits_share_no_thirteen_words_and_few_eight(corpus):
    def runs(split, length):
        lists = [words(document.text) for document in corpus.documents(split)]
        return [tuple(found[i : i + length]) for found in lists for i in range(len(found) - length + 1)]

    long = {split: set(runs(split, 13)) for split in SPLITS}
    assert not long["train"] & long["val"] and not long["train"] & long["test"] and not long["val"] & long["test"]
    train = set(runs("train", 8))
    for split in ("val", "test"):
        found = runs(split, 8)
        overlap = sum(run in train for run in found) / len(found)
        assert corpus.describe()[f"overlap_8_words_{split}"] == pytest.approx(overlap, abs=1e-6)
        assert 0 < overlap < 0.02


def test_no_package_or_topic_is_in_two_splits(corpus):
    found = {}
    for split in SPLITS:
        for document in corpus.documents(split):
            name = document.facts["name"]
            topic = document.facts["kind"] == "topic"
            found.setdefault(("topic", name) if topic else name.split(".")[0].lstrip("_"), set()).add(split)
    assert all(len(splits) == 1 for splits in found.values())
    assert len(found) > 200


def test_docstrings_topics_and_c_docs_are_there(corpus):
    text = "\n\n".join(all_texts(corpus))
    assert inspect.cleandoc(json.JSONDecoder.__doc__) in text
    assert inspect.getdoc(str.split) in text  # a method of a C class
    assert "An assignment statement evaluates the expression list" in text
    assert {d.facts["kind"] for split in SPLITS for d in corpus.documents(split)} == {"module", "c_module", "topic"}
    assert 1_500_000 < len(text.encode()) < 4_000_000


def test_tests_and_test_extensions_are_left_out(corpus):
    names = {document.facts["name"] for split in SPLITS for document in corpus.documents(split)}
    assert not [name for name in names if re.search(r"\btests?\b|idle_test|lib2to3|^_test|^_?xx|site-packages", name)]


def test_nothing_read_from_live_objects_tells_the_machine(collected):
    text = "\n".join(document.text for _, document in collected if document.facts["kind"] == "c_module")
    assert len(text) > 100_000
    assert not re.findall(r" at 0x[0-9a-fA-F]{6,}", text)
    assert not [place for place in (os.path.dirname(os.__file__), sys.executable) if place in text]


def test_no_long_passage_occurs_twice(collected):
    passages = [" ".join(p.split()) for _, d in collected if d.facts["kind"] == "topic" for p in d.text.split("\n\n")]
    passages = [passage for passage in passages if len(passage) >= 80]
    assert len(passages) == len(set(passages)) > 1000


def test_text_survives_the_cache(tmp_path, small):
    texts = all_texts(PythonDocs(seed=0, cache=str(tmp_path)))
    assert sorted(texts) == sorted(f"Only p{i} says this é\r\n\u2028." for i in range(40))


def test_a_second_source_reads_the_cache(tmp_path, small):
    first, second = (PythonDocs(seed=0, cache=str(tmp_path / "new" / "folder")) for _ in range(2))
    assert (first.digest(), first.describe()) == (second.digest(), second.describe())
    assert list(first.documents("val")) == list(second.documents("val"))
    assert len(small) == 1
    assert PythonDocs(seed=1, cache=str(tmp_path / "new" / "folder")).digest() != first.digest()
    assert len(small) == 2


@pytest.mark.parametrize("damage", ["truncate", "alter", "remove", "meta", "partial"])
def test_a_damaged_cache_is_made_again(tmp_path, small, damage):
    digest = PythonDocs(seed=0, cache=str(tmp_path)).digest()
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    train = folder / "train.jsonl"
    content = train.read_bytes()
    match damage:
        case "truncate":
            train.write_bytes(content[:-10])
        case "alter":
            train.write_bytes(content.replace(b"Only", b"only", 1))
        case "remove":
            train.unlink()
        case "meta":
            (folder / "meta.json").write_text((folder / "meta.json").read_text()[:-20])
        case "partial":  # a builder was killed before it renamed
            folder.rename(f"{folder}.partial")
    again = PythonDocs(seed=0, cache=str(tmp_path))
    assert (again.digest(), Source.digest(again)) == (digest, digest)
    assert train.read_bytes() == content
    assert len(small) == 2
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]


def test_another_library_is_another_folder(tmp_path, small, monkeypatch):
    PythonDocs(seed=0, cache=str(tmp_path)).digest()
    other = tmp_path / "library"
    other.mkdir()
    (other / "ast.py").write_text("changed")
    monkeypatch.setattr(library.sysconfig, "get_path", lambda name: str(other))
    PythonDocs(seed=0, cache=str(tmp_path)).digest()
    assert len(small) == 2


def test_python_without_sources_names_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(library.sysconfig, "get_path", lambda name: str(tmp_path / "python311.zip"))
    with pytest.raises(InputError, match="no .py files.*source=text_file source.train=my.txt"):
        PythonDocs(seed=0, cache=str(tmp_path)).digest()


def test_python_without_topics_names_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(InputError, match="pydoc_data.topics.*source=text_file source.train=my.txt"):
        library.read_topics()


def test_python_that_cannot_be_started_names_the_way_out(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InputError, match="C modules.*source=text_file source.train=my.txt"):
        library.run_read_c_docs()


def test_a_cache_that_cannot_be_written_is_named(tmp_path, small):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="source.cache=.*name a writable folder"):
        PythonDocs(seed=0, cache=str(tmp_path / "file")).digest()
