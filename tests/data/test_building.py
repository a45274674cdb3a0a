"""The token store: every byte a target once, a folder that is whole or is not there, and a build that goes on where it was."""

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import runs

from wordorder.data import building, encoding
from wordorder.data.building import open_store
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Source
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.char import Char

TEXTS = {
    "train": ["The first.\n", "", "Zwölf Bögen — «ça» 🙂\r\n", " \x00last"],
    "val": ["one document"],
    "test": ["a", "b", "é"],
}


class Texts(Source):
    def __init__(self, texts=TEXTS):
        self.texts = texts

    def documents(self, split):
        yield from map(Document, self.texts[split])


def folder_of(store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.folder.iterdir()}


@pytest.fixture
def built(tmp_path) -> TokenStore:
    return open_store(Texts(), Byte(), tmp_path)


@pytest.mark.parametrize("split", SPLITS)
def test_the_stream_is_end_document_end(built, split):
    end, expected, ends, n_bytes = 256, [256], [], 0
    for text in TEXTS[split]:
        expected += [*text.encode(), end]
        n_bytes += len(text.encode())
        ends.append([len(expected) - 1, n_bytes])
    stream = built.stream(split)
    assert stream.ids.tolist() == expected and stream.ends.tolist() == ends and stream.n_bytes == n_bytes
    assert stream.scored is None and built.facts(split) == [{}] * len(ends)
    counts = built.meta["splits"][split]
    assert (counts["documents"], counts["tokens"], counts["bytes"]) == (len(ends), len(expected), n_bytes)
    assert counts["scored_bytes"] == n_bytes
    assert counts["longest"] == max(len(text.encode()) + 1 for text in TEXTS[split])


def test_every_byte_is_a_target_once(tmp_path):
    tokenizer = Char(min_count=1)
    tokenizer.train(iter(TEXTS["train"]))
    stream = open_store(Texts(), tokenizer, tmp_path).stream("train")
    targets = stream.ids[1:]
    assert b"".join(tokenizer.vocab[i] for i in targets if i < len(tokenizer.vocab)) == "".join(TEXTS["train"]).encode()
    documents = stream.documents_of(np.arange(1, len(stream.ids)))
    assert [bytes(b"".join(tokenizer.vocab[i] for i in targets[documents == n][:-1])) for n in range(4)] == [
        text.encode() for text in TEXTS["train"]
    ]


@pytest.mark.parametrize(("n_characters", "dtype"), [(65_279, "uint16"), (65_280, "uint32")])
def test_ids_take_the_bytes_that_they_need(n_characters, dtype, tmp_path):
    """256 bytes, the characters and the end token: 65,536 ids fit in 16 bits, one more does not."""
    characters = [chr(code) for code in range(128, 128 + 70_000) if not 0xD800 <= code < 0xE000][:n_characters]
    tokenizer = Char(min_count=1)
    tokenizer.train(iter(characters))
    assert tokenizer.n_ids == 257 + n_characters
    store = open_store(Texts(), tokenizer, tmp_path)
    ids = store.stream("train").ids
    assert ids.dtype == dtype == store.meta["dtype"] and ids[0] == ids[-1] == 256 + n_characters
    assert (store.folder / "train.ids").stat().st_size == len(ids) * ids.dtype.itemsize


def test_the_store_is_named_by_text_and_tokenizer(tmp_path):
    more = Char(min_count=1)
    more.train(iter(["é"]))
    stores = [open_store(Texts(), Byte(), tmp_path), open_store(Texts(), more, tmp_path)]
    stores += [open_store(Texts(TEXTS | {"val": ["another"]}), Byte(), tmp_path)]
    assert len({store.folder for store in stores}) == 3
    assert open_store(Texts(dict(TEXTS)), Byte(), tmp_path).folder == stores[0].folder


def test_a_whole_store_is_not_built_again(built, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "build", None)
    assert open_store(Texts(), Byte(), tmp_path).stream("val").ids.tolist() == built.stream("val").ids.tolist()


def test_a_store_that_another_process_has_verified_is_not_read_through(built, tmp_path, monkeypatch):
    monkeypatch.setattr(TokenStore, "whole", lambda store: False)
    monkeypatch.setattr(building, "build", None)
    assert open_store(Texts(), Byte(), tmp_path, verified=True).folder == built.folder


def test_a_store_that_is_not_there_is_built_whoever_has_verified_it(tmp_path):
    assert open_store(Texts(), Byte(), tmp_path, verified=True).whole()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0\0")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


@pytest.mark.parametrize("name", ["train.ids", "val.ids", "test.ends", "meta.json"])
@pytest.mark.parametrize("damage", [truncate, lengthen, flip, swap, Path.unlink], ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_never_trusted(damage, name, built, tmp_path):
    whole = folder_of(built)
    damage(built.folder / name)
    again = open_store(Texts(), Byte(), tmp_path)
    for split in SPLITS:
        stream = again.stream(split)
        assert stream.ids.tolist() == np.frombuffer(whole[f"{split}.ids"], dtype="uint16").tolist()
        assert stream.ends[-1, 1] == sum(len(text.encode()) for text in TEXTS[split])
    assert again.meta["splits"] == json.loads(whole["meta.json"])["splits"]


@pytest.mark.parametrize("meta", ["", "[]", "{}", "null", "3", '{"files": []}', '{"files": {}}', '{"sizes": null}'])
def test_a_meta_file_that_says_nothing_is_made_again(meta, built, tmp_path):
    whole = folder_of(built)
    (built.folder / "meta.json").write_text(meta)
    assert folder_of(open_store(Texts(), Byte(), tmp_path)) == whole


def test_two_builders_at_once_make_one_store(tmp_path, monkeypatch):
    """Both begin before either is done, as on two machines that have only the stores' folder in common; each finds a whole store,
    and it was built once."""
    log = tmp_path / "log"

    class Slow(Texts):
        def documents(self, split):
            for document in super().documents(split):
                __import__("time").sleep(0.02)
                yield document

    digest = Texts().digest()
    monkeypatch.setattr(Slow, "digest", lambda self: digest)
    real = building.build

    def counted(*words):
        with log.open("a") as file:
            file.write("built\n")
        real(*words)

    monkeypatch.setattr(building, "build", counted)

    def open_slow():
        store = open_store(Slow(), Byte(), tmp_path / "stores")
        return 0 if store.stream("test").ids.tolist() == [256, 97, 256, 98, 256, 0xC3, 0xA9, 256] else 1

    children = []
    for _ in range(2):
        if (child := os.fork()) == 0:
            code = 99
            try:
                (own := tmp_path / str(os.getpid())).mkdir()
                monkeypatch.setattr("tempfile.tempdir", str(own))
                code = open_slow()
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert log.read_text() == "built\n"
    assert len(list((tmp_path / "stores").glob("[!.]*"))) == 1


class Killed(Texts):
    """Kills its process after so many documents of the val split, once."""

    def __init__(self, after: int, texts: dict[str, list[str]]):
        super().__init__(texts)
        self.after, self.given = after, 0

    def documents(self, split):
        for n, document in enumerate(super().documents(split)):
            if split == "val" and n == self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            yield document

    def digest(self):
        return Texts(self.texts).digest()


MANY = {split: [f"{split} {n} é" * (n % 5) for n in range(40)] for split in SPLITS}


@pytest.mark.parametrize("after", [0, 1, 17, 39])
def test_a_build_that_was_killed_goes_on_to_the_same_bytes(after, tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 30)
    whole = folder_of(open_store(Texts(MANY), Byte(), tmp_path / "whole"))
    stores = tmp_path / "stores"
    assert runs.in_child(lambda: open_store(Killed(after, MANY), Byte(), stores)) == -signal.SIGKILL
    assert not list(stores.glob("*/meta.json"))
    encoded = []
    encode_batch = Byte.encode_batch
    monkeypatch.setattr(Byte, "encode_batch", lambda self, texts: encoded.extend(texts) or encode_batch(self, texts))
    assert folder_of(open_store(Texts(MANY), Byte(), stores)) == whole
    assert not set(MANY["train"]) & set(encoded) - {""}  # the split that was whole is not encoded again
    assert len(list(stores.glob("[!.]*"))) == 1


@pytest.mark.parametrize("file", ["train.ids", "train.ends", "train.progress"])
@pytest.mark.parametrize("damage", [truncate, lengthen, Path.unlink], ids=lambda damage: damage.__name__)
def test_a_half_built_store_that_was_damaged_is_built_anew(file, damage, tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 30)
    whole = folder_of(open_store(Texts(MANY), Byte(), tmp_path / "whole"))
    stores = tmp_path / "stores"
    assert runs.in_child(lambda: open_store(Killed(3, MANY), Byte(), stores)) == -signal.SIGKILL
    damage(next(stores.glob("*.building")) / file)
    assert folder_of(open_store(Texts(MANY), Byte(), stores)) == whole


@pytest.mark.parametrize("suffix", ["scored", "facts"])
def test_a_file_that_was_begun_just_before_a_kill_is_begun_again(suffix, tmp_path, monkeypatch):
    """Spans and facts come with the last document, so their files begin late."""
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 30)

    class Late(Killed):
        def documents(self, split):
            yield from super().documents(split)
            yield Document.of([("asked", False), (" answer", True)], {"length": 1})

        def digest(self):
            return "late"

    whole = folder_of(open_store(Late(99, MANY), Byte(), tmp_path / "whole"))
    stores = tmp_path / "stores"
    assert runs.in_child(lambda: open_store(Late(20, MANY), Byte(), stores)) == -signal.SIGKILL
    (next(stores.glob("*.building")) / f"val.{suffix}").write_bytes(b"of a call that progress does not know")
    assert folder_of(open_store(Late(99, MANY), Byte(), stores)) == whole


def test_a_builder_that_fails_leaves_nothing_that_is_opened(tmp_path):
    class Failing(Texts):
        def documents(self, split):
            yield from super().documents(split)
            raise OSError("the disk is gone")

    with pytest.raises(OSError):
        open_store(Failing(), Byte(), tmp_path)
    assert not list(tmp_path.glob("*/meta.json"))
    assert open_store(Texts(), Byte(), tmp_path).whole()


def test_a_tokenizer_that_loses_bytes_is_refused(tmp_path):
    class Lossy(Byte):
        def encode(self, text):
            return super().encode(text.strip())

    with pytest.raises(ValueError, match="Lossy is not lossless on 'The first"):
        open_store(Texts(), Lossy(), tmp_path)
    assert not list(tmp_path.glob("[!.]*"))


def test_a_constant_prefix_of_a_tokenizer_is_no_loss_and_no_text(tmp_path):
    class Prefixed(Byte):
        prefix = b"_"

        def encode(self, text):
            return super().encode("_" + text)

    stream = open_store(Texts(), Prefixed(), tmp_path).stream("val")
    assert stream.ids.tolist() == [256, *b"_one document", 256] and stream.n_bytes == len("one document")


@pytest.mark.parametrize("texts", [[], [""]])
def test_a_split_without_text_is_refused(texts, tmp_path):
    with pytest.raises(InputError, match=r"val split has no text.*source\.val"):
        open_store(Texts(TEXTS | {"val": texts}), Byte(), tmp_path)
    assert not list(tmp_path.glob("[!.]*"))


def test_long_texts_are_encoded_in_several_calls_to_the_same_ids(built, tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 3)
    shutil.rmtree(built.folder)
    again = open_store(Texts(), Byte(), tmp_path)
    assert again.stream("train").ids.tolist() == [i for t in TEXTS["train"] for i in (256, *t.encode())] + [256]


def test_what_counts_stands_beside_the_ids(tmp_path):
    """Worked by hand: a document without spans among such with them, one whose end counts and one whose does not."""

    class Some(Source):
        def documents(self, split):
            yield Document("ab")
            yield Document.of([("x=", False), (" é", True)], {"length": 1})
            yield Document.of([("y", False), ("z", True), ("w", False)], {})
            yield Document("", scored=())

    store = open_store(Some(), Byte(), tmp_path)
    stream = store.stream("val")
    assert bytes(i for i in stream.ids.tolist() if i < 256) == "abx= éyzw".encode()
    assert stream.ids[stream.scored > 0].tolist() == [256, *b"ab", 256, *" é".encode(), 256, *b"z"]
    assert store.facts("val") == [{}, {"length": 1}, {}, {}]
    assert store.meta["splits"]["val"]["scored_bytes"] == 2 + 3 + 1


def test_what_counts_is_known_from_the_first_document_on_however_it_is_cut(tmp_path, monkeypatch):
    class Late(Source):
        def documents(self, split):
            yield from (Document(f"text {n}") for n in range(9))
            yield Document.of([("x", False), (" y", True)], {"length": 2})

    whole = folder_of(open_store(Late(), Byte(), tmp_path / "whole"))
    monkeypatch.setattr(encoding, "CHARACTERS_A_CALL", 1)
    assert folder_of(open_store(Late(), Byte(), tmp_path / "cut")) == whole
    stream = open_store(Late(), Byte(), tmp_path / "cut").stream("test")
    assert len(stream.scored) == len(stream.ids) and stream.scored[:-4].all()
    assert stream.scored[-4:].tolist() == [0, 1, 1, 1]
