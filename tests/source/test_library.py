"""What Python carries is all there, said once, and tells nothing of the machine."""

import inspect
import json
import os
import re
import sys

import pytest

from wordorder.errors import InputError
from wordorder.source import library
from wordorder.source.base import SPLITS


def all_texts(source):
    return [document.text for split in SPLITS for document in source.documents(split)]


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


def test_python_without_topics_names_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(InputError, match="pydoc_data.topics.*source=text_file source.train=my.txt"):
        library.read_topics()


def test_python_that_cannot_be_started_names_the_way_out(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InputError, match="C modules.*source=text_file source.train=my.txt"):
        library.run_read_c_docs()
