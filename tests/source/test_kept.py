"""What is written is read again as it was, once made it is not made again, and nothing damaged is ever read."""

import json
import sys
from types import ModuleType

import pytest

from wordorder.errors import InputError
from wordorder.source import kept
from wordorder.source.base import SPLITS, Document
from wordorder.source.kept import KeptSource

TEXTS = ["Only here: é\r\n\u2028.", "", "\x00🙂\u0085", '{"text": 1}\n']
GIVEN = {
    "train": [Document(text, {"kind": "a", "gap": 1, "share": 0.5}) for text in TEXTS],
    "val": [Document("without facts")],
    "test": [Document("three", {"kind": "b"})],
}


class Given(KeptSource):
    """Documents that are given; counts how often they are written."""

    def __init__(self, *, cache, given=GIVEN, depends=0):
        super().__init__(cache=str(cache))
        self.given, self.depends, self.written = given, depends, 0

    def depends_on(self):
        return self.depends

    def prepare(self):
        return self._write

    def _write(self, sinks):
        self.written += 1
        for split in reversed(SPLITS):
            for document in self.given[split]:
                sinks[split].write(document.text, document.facts)
        return {split: f"{sink.documents} {sink.bytes}" for split, sink in sinks.items()}


def read(source):
    return {split: list(source.documents(split)) for split in SPLITS}


def folders(cache):
    return [path for path in cache.iterdir() if path.is_dir()]


def test_documents_come_back_with_their_facts_and_are_counted(tmp_path):
    source = Given(cache=tmp_path)
    assert read(source) == GIVEN
    size = sum(len(text.encode()) for text in TEXTS)
    assert source.describe() == {"train": f"4 {size}", "val": "1 13", "test": "1 5"}


def test_a_line_is_plain_json(tmp_path):  # a digest may be one of the files
    source = Given(cache=tmp_path, given=GIVEN | {"val": [Document("é"), Document("\n", {"n": 1})]})
    assert source.describe() and (source.folder / "val.jsonl").read_bytes().decode("utf-8") == (
        '{"text": "é"}\n{"text": "\\n", "facts": {"n": 1}}\n'
    )


def test_a_second_source_reads_what_the_first_wrote(tmp_path):
    first, second = (Given(cache=tmp_path / "new" / "folder") for _ in range(2))
    assert read(first) == read(second) == read(first)
    assert (first.digest(), first.describe()) == (second.digest(), second.describe())
    assert (first.written, second.written) == (1, 0)
    (folder,) = folders(tmp_path / "new" / "folder")
    assert folder.name.startswith("test_kept-")
    assert sorted(path.name for path in folder.iterdir()) == ["meta.json", "test.jsonl", "train.jsonl", "val.jsonl"]


@pytest.mark.parametrize("changed", ["what it depends on", "own code", "code of a part", "code that keeps"])
def test_another_origin_is_another_folder(tmp_path, monkeypatch, changed):
    plain = Given(cache=tmp_path).folder
    part = ModuleType("part")
    monkeypatch.setattr(Given, "parts", (part,))
    modules = {"own code": sys.modules[__name__], "code of a part": part, "code that keeps": kept}
    code = {id(module): "as it was" for module in modules.values()}
    monkeypatch.setattr(kept.inspect, "getsource", lambda module: code[id(module)])
    before = Given(cache=tmp_path)
    assert before.folder != plain and before.folder == Given(cache=tmp_path).folder
    if changed in modules:
        code[id(modules[changed])] = "changed"
    assert Given(cache=tmp_path, depends=0 if changed in modules else 1).folder != before.folder


def test_what_another_made_while_this_one_prepared_is_not_made_again(tmp_path):
    source, other = Given(cache=tmp_path), Given(cache=tmp_path)
    source.prepare = lambda: (read(other), source._write)[1]
    assert read(source) == GIVEN
    assert (source.written, other.written) == (0, 1)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".lock"]


@pytest.mark.parametrize("damage", ["truncate", "alter", "remove", "meta", "no facts", "partial"])
def test_what_is_damaged_is_made_again(tmp_path, damage):
    read(Given(cache=tmp_path))
    (folder,) = folders(tmp_path)
    train, meta = folder / "train.jsonl", folder / "meta.json"
    content = train.read_bytes()
    match damage:
        case "truncate":
            train.write_bytes(content[:-10])
        case "alter":
            train.write_bytes(content.replace(b"Only", b"only", 1))
        case "remove":
            train.unlink()
        case "meta":
            meta.write_text(meta.read_text()[:-20])
        case "no facts":
            meta.write_text(json.dumps(json.loads(meta.read_text()) | {"facts": {}}))
        case "partial":  # it was killed before it renamed
            folder.rename(f"{folder}.partial")
    again = Given(cache=tmp_path)
    assert (read(again), again.written) == (GIVEN, 1)
    assert train.read_bytes() == content
    assert folders(tmp_path) == [folder]


def test_what_raises_while_it_writes_is_not_read_as_if_it_were_whole(tmp_path):
    broken = Given(cache=tmp_path, given={"test": GIVEN["test"]})  # val and train are missing
    with pytest.raises(KeyError, match="val"):
        next(broken.documents("test"))
    whole = Given(cache=tmp_path)
    assert (read(whole), whole.written) == (GIVEN, 1)


def test_what_raises_before_it_writes_leaves_nothing_behind(tmp_path):
    def refuse():
        raise InputError("source.name=nope")

    source = Given(cache=tmp_path / "cache")
    source.prepare = refuse
    with pytest.raises(InputError, match="^source.name=nope"):
        source.describe()
    assert not (tmp_path / "cache").exists()


def test_a_split_that_is_none_is_no_text(tmp_path):
    with pytest.raises(KeyError, match="meta"):
        next(Given(cache=tmp_path).documents("meta"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=f"source.cache={tmp_path}/file cannot be used .*name a writable folder"):
        Given(cache=tmp_path / "file").describe()
