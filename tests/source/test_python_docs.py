import os
import subprocess
import sys

import pytest

from wordorder.errors import InputError
from wordorder.source import library
from wordorder.source.base import SPLITS, Document
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


def test_description_counts_what_is_there(corpus):
    facts = corpus.describe()
    for split in SPLITS:
        found = [document.text.encode() for document in corpus.documents(split)]
        assert (facts[f"documents_{split}"], facts[f"bytes_{split}"]) == (len(found), sum(map(len, found)))


def test_a_second_source_reads_what_the_first_made_and_another_seed_does_not(tmp_path, small):
    first, second, other = (PythonDocs(seed=seed, cache=str(tmp_path)) for seed in (0, 0, 1))
    assert first.digest() == second.digest() and len(small) == 1
    assert other.digest() != first.digest() and len(small) == 2


def test_documents_are_those_of_the_library_with_their_facts(tmp_path, small):
    made = PythonDocs(seed=0, cache=str(tmp_path))
    found = [document for split in SPLITS for document in made.documents(split)]
    assert sorted(document.facts["name"] for document in found) == sorted(f"p{i}" for i in range(40))
    for document in found:
        name = document.facts["name"]
        assert document == Document(f"Only {name} says this é\r\n\u2028.", {"kind": "module", "name": name})


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
