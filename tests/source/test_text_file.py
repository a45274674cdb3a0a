import json
import os
import random
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wordorder.errors import InputError
from wordorder.source.base import SPLITS
from wordorder.source.text_file import TextFile


def source(train, val="", test="", column="text", document_bytes=65536):
    return TextFile(train=str(train), val=str(val), test=str(test), column=column, document_bytes=document_bytes)


def joined(text_file, split):
    return b"".join(document.text.encode() for document in text_file.documents(split))


def texts(text_file, split):
    return [document.text for document in text_file.documents(split)]


def paragraphs(count, end="\n"):
    return "".join(f"Paragraph {i} has some words.{end}And a second line.{end}{end}" for i in range(count))


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def three(tmp_path):
    for split in SPLITS:
        (tmp_path / f"{split}.txt").write_text(f"Some {split} text.\n")
    return {split: tmp_path / f"{split}.txt" for split in SPLITS}


@pytest.mark.parametrize("suffix", [".txt", ".md", ".py", ""])
def test_line_ends_and_byte_order_mark_survive(tmp_path, three, suffix):
    content = b"\xef\xbb\xbfone\r\ntwo\rthree\n\n\r\n\r\rfour \t\r\n\x00\xe2\x80\xa8end"
    path = tmp_path / f"own{suffix}"
    path.write_bytes(content)
    assert joined(source(path, three["val"], three["test"]), "train") == content


@pytest.mark.parametrize("seed", range(40))
def test_documents_joined_are_the_file(tmp_path, three, seed):
    draw = random.Random(seed)
    pieces = ["a", "word ", "é", "中", "🙂", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", " \t", "long" * 9]
    content = "".join(draw.choices(pieces, k=300)).encode()
    (tmp_path / "own").write_bytes(content)
    size = draw.randint(4, 60)
    own = source(tmp_path / "own", three["val"], three["test"], document_bytes=size)
    found = texts(own, "train")
    assert joined(own, "train") == content
    assert max(len(text.encode()) for text in found) <= size
    assert all(found)
    assert not any(a.endswith("\r") and b.startswith("\n") for a, b in zip(found, found[1:], strict=False))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_documents_end_with_a_paragraph(tmp_path, three, end):
    (tmp_path / "own").write_bytes(paragraphs(100, end).encode())
    found = texts(source(tmp_path / "own", three["val"], three["test"], document_bytes=300), "train")
    assert len(found) > 10
    assert all(text.endswith(end * 2) and text.startswith("Paragraph") for text in found)


def test_documents_end_with_a_line_where_there_is_no_paragraph(tmp_path, three):
    (tmp_path / "own").write_bytes(b"a line of text\r\n" * 100)
    found = texts(source(tmp_path / "own", three["val"], three["test"], document_bytes=100), "train")
    assert {len(text) for text in found} == {96, 64}
    assert all(text.endswith("\r\n") for text in found)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_one_file_is_split_at_paragraph_borders(tmp_path, end):
    content = paragraphs(2000, end).encode()
    (tmp_path / "own.txt").write_bytes(content)
    own = source(tmp_path / "own.txt", document_bytes=1000)
    found = [joined(own, split) for split in SPLITS]
    assert b"".join(found) == content
    assert all(part.startswith(b"Paragraph") and part.endswith(end.encode() * 2) for part in found)
    assert [round(len(part) / len(content), 3) for part in found] == [0.9, 0.05, 0.05]
    assert own.describe() == {
        **{f"files_{split}": 1 for split in SPLITS},
        **{f"bytes_{split}": len(part) for split, part in zip(SPLITS, found, strict=True)},
    }


def test_a_file_without_any_line_end_is_split_between_characters(tmp_path):
    content = "中é🙂".encode() * 500
    (tmp_path / "own.txt").write_bytes(content)
    own = source(tmp_path / "own.txt", document_bytes=50)
    assert b"".join(joined(own, split) for split in SPLITS) == content
    assert all(joined(own, split) for split in SPLITS)


def test_memory_does_not_grow_with_the_file(tmp_path):
    block = ("word " * 40 + "\n\n").encode() * 5000
    with open(tmp_path / "big.txt", "wb") as file:
        for _ in range(50):
            file.write(block)
    own = source(tmp_path / "big.txt")
    tracemalloc.start()
    size = sum(len(document.text) for split in SPLITS for document in own.documents(split))
    own.digest()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 50 * len(block) > 50e6
    assert peak < 3e6


def test_folder_is_split_by_whole_files_in_every_byte(tmp_path):
    for i in range(60):
        (tmp_path / f"part{i % 3}").mkdir(exist_ok=True)
        (tmp_path / f"part{i % 3}" / f"{i:02}.txt").write_text(f"file {i:02} " + "x" * 90)
    (tmp_path / ".hidden").write_bytes(b"\xff")
    (tmp_path / "empty.txt").write_text("")
    own = source(tmp_path)
    found = {split: texts(own, split) for split in SPLITS}
    assert {split: len(found[split]) for split in SPLITS} == {"train": 54, "val": 3, "test": 3}
    assert sorted(sum(found.values(), [])) == sorted(path.read_text() for path in tmp_path.glob("part*/*"))
    by_name = {split: [text.split()[1] for text in found[split]] for split in SPLITS}
    assert by_name["train"] == sorted(by_name["train"], key=lambda number: (int(number) % 3, number))


@pytest.mark.parametrize("sizes", [(10, 10, 10), (1000, 1, 1), (1000, 500, 1), (1, 1, 1, 1000)])
def test_a_small_folder_leaves_no_split_empty_and_train_the_largest(tmp_path, sizes):
    for i, size in enumerate(sizes):
        (tmp_path / f"{i}.txt").write_text("x" * size)
    own = source(tmp_path)
    found = {split: len(joined(own, split)) for split in SPLITS}
    assert sum(found.values()) == sum(sizes) and all(found.values())
    assert found["train"] >= max(sizes)


def test_two_files_are_too_few_to_split(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    with pytest.raises(InputError, match="2 file.*needs 3.*source.val"):
        source(tmp_path).digest()


def test_rows_of_jsonl_and_parquet_are_the_same_documents(tmp_path):
    rows = [{"id": i, "body": f"row {i}\r\nwith \u2028 é"} for i in range(100)] + [{"id": 1, "body": ""}]
    write_jsonl(tmp_path / "own[1].jsonl", [*rows, {"id": 2, "body": None}])
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "own.parquet")
    for name in ("own[1].jsonl", "own.parquet"):
        own = source(tmp_path / name, column="body")
        assert [len(texts(own, split)) for split in SPLITS] == [90, 5, 5]
        assert sum((texts(own, split) for split in SPLITS), []) == [row["body"] for row in rows[:100]]
        assert own.describe()["bytes_val"] == sum(len(text.encode()) for text in texts(own, "val"))


def test_tables_need_no_network_and_leave_nothing_behind(tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", [{"text": f"row {i}"} for i in range(40)])
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from wordorder.source.text_file import TextFile\n"
        "own = TextFile(train=sys.argv[1], val='', test='', column='text', document_bytes=100)\n"
        "print(len(list(own.documents('train'))))\n"
    )
    home = str(tmp_path / "home")
    environ = {**os.environ, "HOME": home, "HF_HOME": home, "TMPDIR": str(tmp_path / "tmp"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", program, data], env=environ, capture_output=True, text=True)
    assert done.stdout == "36\n", done.stderr
    assert not [path for name in ("home", "tmp") for path in (tmp_path / name).rglob("*")]


def test_missing_column_names_the_columns(tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", [{"body": "a", "title": "b"}] * 30)
    with pytest.raises(InputError, match="source.column=text.*body, title"):
        texts(source(data), "train")


def test_a_column_of_numbers_is_not_text(tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", [{"text": 3}] * 30)
    with pytest.raises(InputError, match="holds int, not text"):
        texts(source(data), "train")


def test_broken_table_is_named(tmp_path):
    (tmp_path / "own.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError, match="own.parquet cannot be read as parquet"):
        texts(source(tmp_path / "own.parquet"), "train")


def test_missing_path_suggests_near_names(tmp_path, three):
    with pytest.raises(InputError, match=r"source.train=.*trian.txt does not exist; near names there: train.txt"):
        source(tmp_path / "trian.txt").digest()
    with pytest.raises(InputError, match="source.test=.*does not exist; looked in"):
        source(three["train"], three["val"], tmp_path / "nowhere" / "x").digest()


@pytest.mark.parametrize(("given", "absent"), [("val", "test"), ("test", "val")])
def test_val_without_test_is_refused(three, given, absent):
    with pytest.raises(ValueError, match=f"{given}=.* without {absent}"):
        source(three["train"], **{given: three[given]})


def test_bytes_that_are_not_utf8_are_named_by_file_and_offset(tmp_path, three):
    (tmp_path / "latin.txt").write_bytes(b"a line\n" * 100 + "café\n".encode("latin-1") + b"a line\n" * 100)
    own = source(tmp_path / "latin.txt", three["val"], three["test"], document_bytes=64)
    with pytest.raises(InputError, match="latin.txt is not UTF-8: byte 703 is 0xe9"):
        texts(own, "train")


def test_empty_file_folder_and_split_are_refused(tmp_path, three):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "folder").mkdir()
    rows = write_jsonl(tmp_path / "blank.jsonl", [{"text": ""}] * 3)
    with pytest.raises(InputError, match="source.train=.*empty.txt is empty"):
        source(tmp_path / "empty.txt").digest()
    with pytest.raises(InputError, match="source.val=.*folder holds no file"):
        source(three["train"], tmp_path / "folder", three["test"]).digest()
    with pytest.raises(InputError, match="source.test=.*blank.jsonl leaves no text for test"):
        source(three["train"], three["val"], rows).digest()


def test_too_short_to_split_says_how_long_it_must_be(tmp_path):
    (tmp_path / "own.txt").write_text("x" * 999)
    with pytest.raises(InputError, match="999 bytes and needs 1000"):
        source(tmp_path / "own.txt").digest()
    (tmp_path / "own.txt").write_text("x" * 1000)
    assert [len(joined(source(tmp_path / "own.txt"), split)) for split in SPLITS] == [900, 50, 50]
    rows = write_jsonl(tmp_path / "own.jsonl", [{"text": "a"}] * 19)
    with pytest.raises(InputError, match="19 row.*needs 20"):
        source(rows).digest()


def test_document_bytes_must_hold_a_character(three):
    with pytest.raises(ValueError, match="document_bytes=3"):
        source(three["train"], document_bytes=3)


def test_digest_names_content_and_not_places(tmp_path, three):
    own = source(three["train"], three["val"], three["test"])
    other = Path(shutil.copy(three["train"], tmp_path / "other.md"))
    assert own.digest() == source(other, three["val"], three["test"], column="unused").digest()
    changed = {
        "content": source(three["val"], three["val"], three["test"]),
        "order of splits": source(three["train"], three["test"], three["val"]),
        "document_bytes": source(three["train"], three["val"], three["test"], document_bytes=8),
    }
    assert len({own.digest(), *(text_file.digest() for text_file in changed.values())}) == 1 + len(changed)


def test_digest_of_a_table_depends_on_the_column(tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", [{"text": "a", "body": "b"}] * 30)
    assert source(data).digest() != source(data, column="body").digest()
    assert source(data).digest() == source(data, document_bytes=8).digest()
