import json
import os

import numpy as np
import pytest

from wordorder.tokenizer.base import Tokenizer


class Fixed(Tokenizer):
    """A given vocabulary; always takes the longest token."""

    def __init__(self, *vocab: bytes, prefix: bytes = b""):
        self.vocab, self.prefix = list(vocab), prefix

    def encode(self, text: str) -> np.ndarray:
        raw, ids = self.prefix + text.encode(), []
        while raw:
            ids.append(max((i for i, token in enumerate(self.vocab) if raw.startswith(token)), key=self.length))
            raw = raw[self.length(ids[-1]) :]
        return np.array(ids, dtype=np.int64)

    def length(self, i: int) -> int:
        return len(self.vocab[i])


def test_lengths_spans_and_text_follow_from_the_vocabulary():
    tokenizer = Fixed(b"a", b"bc", b"bcd")
    ids = tokenizer.encode("abcdbc")
    assert ids.tolist() == [0, 2, 1]
    assert tokenizer.byte_lengths_V.tolist() == [1, 2, 3, 0]
    assert tokenizer.byte_spans(ids).tolist() == [[0, 1], [1, 4], [4, 6]]
    assert tokenizer.decode(ids) == "abcdbc"


def test_a_prefix_is_not_part_of_the_text():
    tokenizer = Fixed(b"_", b"a", prefix=b"_")
    assert tokenizer.encode("aa").tolist() == [0, 1, 1]
    assert tokenizer.decode(tokenizer.encode("aa")) == "aa"


def test_the_end_comes_after_the_vocabulary():
    assert (Fixed(b"a", b"b").end_id, Fixed(b"a", b"b").n_ids) == (2, 3)


def test_lengths_are_those_of_the_vocabulary_of_now():
    tokenizer = Fixed(b"a")
    assert tokenizer.byte_lengths_V.tolist() == [1, 0]
    tokenizer.restore(Fixed(b"aaa", b"bb").state())
    assert tokenizer.byte_lengths_V.tolist() == [3, 2, 0]


def test_digest_names_the_vocabulary_and_the_kind():
    class Other(Fixed):
        pass

    digests = [one.digest() for one in (Fixed(b"a"), Fixed(b"b"), Fixed(b"a", b"b"), Other(b"a"))]
    assert len(set(digests)) == 4
    assert Fixed(b"a").digest() == digests[0]


def test_bytes_that_are_no_utf8_survive_saving(tmp_path):
    tokenizer = Fixed(b"\xff\x00", b"\xc3")
    tokenizer.save(tmp_path / "new" / "folder")
    other = Fixed()
    other.load(tmp_path / "new" / "folder")
    assert other.vocab == [b"\xff\x00", b"\xc3"]


def test_saving_leaves_one_file_and_replaces_what_was_there(tmp_path):
    Fixed(b"a").save(tmp_path)
    Fixed(b"b").save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer.json"]
    assert json.loads((tmp_path / "tokenizer.json").read_text()) == ["62"]


def test_another_user_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o022)
    try:
        Fixed(b"a").save(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "tokenizer.json").stat().st_mode & 0o777 == 0o644


def test_a_tokenizer_that_is_not_there_cannot_be_loaded(tmp_path):
    with pytest.raises(OSError):
        Fixed().load(tmp_path / "none")
