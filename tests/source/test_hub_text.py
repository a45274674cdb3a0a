import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mirrors import MANY, MIRRORS, article_rows, write_shards

from wordorder.check import make
from wordorder.errors import InputError
from wordorder.source.base import SPLITS
from wordorder.source.hub_text import HubText

pytestmark = pytest.mark.usefixtures("no_network")
GIVEN = {
    "config": "",
    "revision": "main",
    "train": "train",
    "val": "validation",
    "test": "test",
    "column": "text",
    "document": "row",
    "train_bytes": 0,
    "held_out_bytes": 0,
    "streaming": True,
}


@pytest.fixture
def source(tmp_path):
    """source(folder, column="body") -> the documents of a set, kept below tmp_path."""
    return lambda name, **words: HubText(**GIVEN | {"name": str(name), "cache": str(tmp_path / "kept")} | words)


def texts(hub_text, split):
    return [document.text for document in hub_text.documents(split)]


def all_texts(hub_text):
    return {split: texts(hub_text, split) for split in SPLITS}


# The presets, each with a folder in the layout of its repository.


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    """Folders by name of preset."""
    root = tmp_path_factory.mktemp("mirrors")
    return {preset: write(root / preset) for preset, write in MIRRORS.items()}


@pytest.fixture
def preset(mirrored, compose_config, tmp_path):
    """preset("wikitext_2", val="test") -> what its yaml makes of its mirror."""

    def make_one(name, **words):
        given = {"name": str(mirrored[name]), "cache": str(tmp_path / "kept")} | words
        return make(compose_config(f"source={name}")["source"] | given, "source")

    return make_one


@pytest.mark.parametrize("name", ["wikitext_2", "wikitext_103"])
def test_a_document_of_wikitext_is_an_article_as_its_rows_spell_it(name, preset):
    config = name.replace("_", "-") + "-raw-v1"
    for split, named in (("train", "train"), ("val", "validation"), ("test", "test")):
        rows = [article_rows(f"{config} {named}", number) for number in range(MANY[named])]
        assert texts(preset(name), split) == ["".join(article) for article in rows]


def test_stories_are_rows_and_the_text_files_beside_them_are_not_read(preset):
    found = all_texts(preset("tiny_stories"))
    stories = {
        split: [f"Once upon a time in {split} there was story {number}.\n\nThe end." for number in range(MANY[split])]
        for split in ("train", "validation")
    }
    assert found["val"] == stories["validation"]
    assert sorted(found["train"] + found["test"]) == sorted(stories["train"])
    assert found["train"] == [text for text in stories["train"] if text in found["train"]]
    assert 5 <= len(found["test"]) <= 40


def test_web_pages_are_of_the_sample_alone_and_held_out_ones_are_drawn(preset):
    found = all_texts(preset("fineweb_edu"))
    pages = [f"Page {n} of sample/10BT teaches\r\nsomething. " + "More. " * 20 for n in range(MANY["train"])]
    assert sorted(sum(found.values(), [])) == sorted(pages)
    for split in SPLITS:
        assert found[split] == [page for page in pages if page in found[split]]
    assert 5 <= len(found["val"]) <= 40 and 5 <= len(found["test"]) <= 40


@pytest.mark.parametrize("name", MIRRORS)
def test_streaming_gives_the_same_documents(name, preset, tmp_path):
    streamed = preset(name)
    whole = preset(name, streaming=False, cache=str(tmp_path / "whole"))
    assert all_texts(whole) == all_texts(streamed)
    assert whole.digest() == streamed.digest()
    assert list((tmp_path / "hub cache").rglob("*.arrow")), "not streaming means to go through the library's cache"


@pytest.mark.parametrize("name", MIRRORS)
def test_it_describes_what_is_there(name, preset):
    facts = preset(name).describe()
    for split, found in all_texts(preset(name)).items():
        sizes = [len(text.encode()) for text in found]
        assert (facts[f"documents_{split}"], facts[f"bytes_{split}"]) == (len(sizes), sum(sizes))


# Documents.


@pytest.mark.parametrize("streaming", [True, False])
def test_text_stays_as_it_is_and_empty_rows_are_left_out(tmp_path, source, streaming):
    rows = ["a\r\nb\r", "", " \n", None, "\x00\u2028\u0085é🙂", "<|endoftext|>", "NA", "2020-01-01"]
    (tmp_path / "json").mkdir()
    for split in ("train", "validation", "test"):
        write_shards(tmp_path / "parquet", f"{split}.parquet", 1, text=rows)
        lines = "".join(json.dumps({"text": row}) + "\n" for row in rows)
        (tmp_path / "json" / f"{split}.jsonl").write_text(lines)
    for name in ("parquet", "json"):
        found = all_texts(source(tmp_path / name, streaming=streaming))
        assert found == dict.fromkeys(SPLITS, [row for row in rows if row])


def test_limits_take_the_first_documents_and_no_more(own, source):
    every = all_texts(source(own))
    size = len(every["train"][5].encode())
    taken = all_texts(source(own, train_bytes=7 * size - 3, held_out_bytes=1))
    assert taken == {"train": every["train"][:7], "val": every["val"][:1], "test": every["test"][:1]}
    exact = len("".join(every["train"][:7]).encode())
    assert texts(source(own, train_bytes=exact), "train") == every["train"][:7]
    assert texts(source(own, train_bytes=exact + 1), "train") == every["train"][:8]
    assert all_texts(source(own, train_bytes=10**9, held_out_bytes=10**9)) == every


def test_streaming_reads_no_further_than_the_limit(tmp_path, source, monkeypatch):
    from datasets.packaged_modules.parquet.parquet import Parquet

    read, generate = [], Parquet._generate_tables

    def watch(self, files, **rest):
        for file in files:
            read.append(Path(file).name)
            yield from generate(self, [file], **rest)

    monkeypatch.setattr(Parquet, "_generate_tables", watch)
    for split in ("train", "validation", "test"):
        write_shards(tmp_path / "own", f"{split}-{{:05}}-of-{{:05}}.parquet", 2, text=[f"{n}" for n in range(2100)])
    source(tmp_path / "own", train_bytes=100, held_out_bytes=1).digest()
    assert set(read) == {f"{split}-00000-of-00002.parquet" for split in ("train", "validation", "test")}


def test_drawn_splits_keep_equal_texts_together_and_grow_with_the_limit(tmp_path, source):
    rows = [f"row {number % 300}" for number in range(900)]
    write_shards(tmp_path / "own", "train-{:05}-of-{:05}.parquet", 3, text=rows)
    drawn = {"val": "", "test": ""}
    every = all_texts(source(tmp_path / "own", **drawn))
    assert sorted(sum(every.values(), [])) == sorted(rows)
    assert not set(every["train"]) & set(every["val"] + every["test"]) and not set(every["val"]) & set(every["test"])
    assert all(0.02 < len(every[split]) / 900 < 0.09 for split in ("val", "test"))
    less = all_texts(source(tmp_path / "own", **drawn, train_bytes=2500, held_out_bytes=70))
    assert all(0 < len(less[split]) < len(every[split]) for split in SPLITS)
    assert all(less[split] == every[split][: len(less[split])] for split in SPLITS)


def test_slices_are_the_librarys(own, source):
    every = all_texts(source(own))
    cut = source(own, train="train[:90%]", val="train[90%:95%]", test="train[95%:]", streaming=False)
    assert texts(cut, "train") == every["train"][:90]
    assert texts(cut, "val") + texts(cut, "test") == every["train"][90:]
    assert texts(source(own, train="train+validation", val=""), "test") == every["test"]


def test_memory_does_not_grow_with_the_text(tmp_path, source):
    (folder := tmp_path / "own").mkdir()
    for split, groups in (("train", 10), ("validation", 1), ("test", 1)):
        schema = pa.schema({"text": pa.string()})
        with pq.ParquetWriter(folder / f"{split}.parquet", schema) as writer:
            for group in range(groups):
                rows = [f"{split} {group} {number} " + "word " * 200 for number in range(1000)]
                writer.write_table(pa.table({"text": rows}, schema))
    tracemalloc.start()
    taken = source(folder)
    size = sum(len(text.text) for text in taken.documents("train"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10e6
    assert peak < 5e6


# Digest, and what is kept.


def test_one_other_byte_in_one_row_is_another_digest(own, source):
    before = source(own)
    found, digest = all_texts(before), before.digest()
    for split, file in (("train", "train-00001"), ("val", "validation-00000"), ("test", "test-00001")):
        (path,) = own.glob(f"{file}*")
        table = pq.read_table(path).to_pydict()
        table["text"][3] = table["text"][3].replace("row", "rOw")
        pq.write_table(pa.table(table), path)
        for streaming in (True, False):
            after = source(own, streaming=streaming)
            changed = sum(old != new for old, new in zip(found[split], texts(after, split), strict=True))
            assert (changed, after.digest() == digest) == (1, False)
        found, digest = all_texts(after), after.digest()


def test_digest_is_of_the_documents_and_not_of_the_place(own, source, tmp_path):
    (other := tmp_path / "elsewhere").mkdir()
    for split in ("train", "validation", "test"):
        found = [row for file in sorted(own.glob(f"{split}-*")) for row in pq.read_table(file)["text"].to_pylist()]
        (other / f"{split}.jsonl").write_text("".join(json.dumps({"body": row}) + "\n" for row in found))
    assert source(other, column="body").digest() == source(own).digest()
    assert source(own, val="test", test="validation").digest() != source(own).digest()
    assert source(own, held_out_bytes=1).digest() != source(own).digest()
    assert texts(source(own, column="title"), "val") == [text.upper() for text in texts(source(own), "val")]
    (other / "test.jsonl").write_text((other / "test.jsonl").read_text().replace("row 3", "row 4"))  # as long as before
    assert source(other, column="body").digest() != source(own).digest()


def test_another_process_takes_the_same_without_network_and_leave_nothing_else_behind(own, source, tmp_path):
    (work := tmp_path / "work").mkdir()
    program = (
        "import socket, sys, json\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from wordorder.source.hub_text import HubText\n"
        "print(HubText(**json.loads(sys.argv[1])).digest())\n"
    )
    words = GIVEN | {"name": str(own), "cache": "kept", "val": "", "streaming": True}
    home = str(tmp_path / "home")
    environ = {**os.environ, "HOME": home, "HF_HOME": home, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program, json.dumps(words)]
    done = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True)
    assert done.stdout.strip() == source(own, val="").digest(), done.stderr
    assert [path.name for path in work.iterdir()] == ["kept"]
    assert sorted(path.suffix for path in (work / "kept").iterdir()) == ["", ".lock"]


def test_what_is_kept_is_read_again_without_the_set(own, source, monkeypatch):
    first = source(own)
    found = all_texts(first)
    monkeypatch.setattr(datasets, "load_dataset_builder", lambda *_, **__: pytest.fail("read the set again"))
    assert all_texts(source(own)) == found
    assert source(own).digest() == first.digest()
    assert source(own, streaming=False).describe() == first.describe()


def test_a_set_of_the_hub_is_asked_for_once_and_has_the_digest_of_a_folder(hub, own, source):
    first = source("someone/set")
    assert first.digest() == source(own).digest()
    assert first.describe()["commit"] == hub.commit and source(own).describe()["commit"] == ""
    assert source("someone/set").digest() == first.digest()
    assert hub.asked == [("commit", "someone/set", "main"), ("files", "someone/set", hub.commit)]
    source("someone/set", revision="v2").digest()
    assert hub.asked[2:] == [("commit", "someone/set", "v2"), ("files", "someone/set", hub.commit)]


# What a person gets wrong.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"train": "trian"}, r"source.train=trian of .*'train'.*'validation'"),
        ({"test": "tset"}, r"source.test=tset of .*'test'"),
        ({"test": "tset", "streaming": False}, r"source.test=tset of .*'test'"),
        ({"config": "nope"}, r"source.config=nope cannot be used: .*default"),
        ({"column": "body"}, r"source.column=body is not in .*, which has text, title"),
        ({"revision": "v2"}, r"source.revision=v2 is for the hub"),
        ({"train": "train[:half]", "streaming": False}, r"source.train=train\[:half\] of "),
    ],
)
def test_a_wrong_word_is_told_with_what_there_is_and_nothing_is_written(own, source, tmp_path, words, said):
    with pytest.raises(InputError, match=said) as raised:
        source(own, **words).digest()
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"train": "train[:98%]"}, r"^train=train\[:98%\] is a slice, which needs source.streaming=false"),
        ({"train": ""}, "^train= val=validation"),
        ({"val": "train"}, "^train=train val=train"),
        ({"val": "test"}, "none twice"),
        ({"train_bytes": -1}, "^train_bytes=-1"),
        ({"held_out_bytes": -1}, "^held_out_bytes=-1"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(own, source, words, said):
    with pytest.raises(ValueError, match=said):
        source(own, **words)


@pytest.mark.parametrize(
    ("words", "said"), [({}, "source.val=validation holds no text"), ({"val": ""}, "source.val= is drawn")]
)
def test_a_split_without_text_is_refused(tmp_path, source, words, said):
    for split, rows in (("train", ["a", "b"]), ("validation", ["", ""]), ("test", ["c"])):
        write_shards(tmp_path / "own", f"{split}.parquet", 1, text=rows)
    with pytest.raises(InputError, match=said):
        source(tmp_path / "own", **words).digest()
