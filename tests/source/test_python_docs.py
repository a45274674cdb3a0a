import os
import subprocess
import sys

import pytest

from wordorder.errors import InputError
from wordorder.source import library
from wordorder.source.base import SPLITS, Document, Source
from wordorder.source.python_docs import PythonDocs

BUILD = """
import sys
from wordorder.source.python_docs import PythonDocs
print(PythonDocs(seed=0, cache=sys.argv[1]).digest())
"""


@pytest.fixture
def small(monkeypatch):
    """Stand in for the library: 40 packages of one document; the list counts how often it was read."""
    reads = []
    found = [
        (f"p{i}", Document(f"Only p{i} says this é\r\n\u2028.", {"kind": "module", "name": f"p{i}"})) for i in range(40)
    ]
    monkeypatch.setattr(library, "collect_documents", lambda: reads.append(1) or found)
    return reads


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


def test_description_counts_what_is_there(corpus):
    facts = corpus.describe()
    for split in SPLITS:
        found = [document.text.encode() for document in corpus.documents(split)]
        assert (facts[f"documents_{split}"], facts[f"bytes_{split}"]) == (len(found), sum(map(len, found)))


def test_text_survives_the_cache(tmp_path, small):
    made = PythonDocs(seed=0, cache=str(tmp_path))
    texts = [document.text for split in SPLITS for document in made.documents(split)]
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


def test_a_cache_that_cannot_be_written_is_named(tmp_path, small):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="source.cache=.*name a writable folder"):
        PythonDocs(seed=0, cache=str(tmp_path / "file")).digest()
