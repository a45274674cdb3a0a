"""Rows are read as they are, articles are joined by hand-worked rules, and what cannot be read is told."""

import pyarrow.parquet as pq
import pytest
from mirrors import write_shards

from wordorder.errors import InputError
from wordorder.source.hub import open_set
from wordorder.source.hub_rows import check_column, join_articles, open_split, read_texts

pytestmark = pytest.mark.usefixtures("no_network")
each_way = pytest.mark.parametrize("streaming", [True, False])


def opened(folder, streaming, words="train"):
    builder, _ = open_set(str(folder), "", "main")
    return open_split(builder, str(folder), "train", words, streaming)


@each_way
def test_texts_are_those_of_the_column_and_a_row_without_is_empty(tmp_path, streaming):
    texts = ["a\r\nb\r", "", None, " \n", "\x00\u2028\u0085é🙂", *map(str, range(2000))]
    write_shards(tmp_path / "own", "train-{:05}-of-{:05}.parquet", 3, text=["x"] * 2005, body=texts)
    rows = opened(tmp_path / "own", streaming)
    check_column(rows, "own", "body")
    assert list(read_texts(rows, "own", "body")) == [text or "" for text in texts]


def test_slices_and_sums_are_the_librarys(own):
    every = {
        split: [row for file in sorted(own.glob(f"{split}-*")) for row in pq.read_table(file)["text"].to_pylist()]
        for split in ("train", "validation")
    }
    read = {
        words: list(read_texts(opened(own, False, words), "own", "text")) for words in ("train[:90%]", "train[90%:]")
    }
    assert list(read.values()) == [every["train"][:90], every["train"][90:]]
    both = opened(own, True, "train+validation")
    assert list(read_texts(both, "own", "text")) == every["train"] + every["validation"]


@each_way
def test_a_split_that_is_none_is_told_with_those_there_are(own, streaming):
    (own / "unused.bin").write_text("version https://git-lfs.github.com/spec/v1\n")  # which is not to blame
    with pytest.raises(InputError, match=f"^source.train=trian of {own}: .*'train'.*'validation'"):
        opened(own, streaming, "trian")
    with pytest.raises(InputError, match=rf"^source.train=train\[:half\] of {own}: "):
        opened(own, False, "train[:half]")


def test_a_column_that_is_none_is_told_with_those_there_are(own):
    with pytest.raises(InputError, match="^source.column=body is not in own, which has text, title$"):
        check_column(opened(own, True), "own", "body")


def test_a_column_of_numbers_is_told(tmp_path):
    write_shards(tmp_path / "own", "train.parquet", 1, text=[1, 2])
    with pytest.raises(InputError, match="^source.column=text of own holds int, not text"):
        list(read_texts(opened(tmp_path / "own", True), "own", "text"))


@each_way
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n",
            "^source.name=.*own was cloned without",
        ),
        ("not parquet", "^source.*own.* [Pp]arquet"),
    ],
)
def test_a_file_that_is_broken_is_told_from_one_that_git_left_out(tmp_path, streaming, content, said):
    folder = tmp_path / "own"
    write_shards(folder, "train-00000-of-00002.parquet", 1, text=["a"])
    (folder / "train-00001-of-00002.parquet").write_text(content)
    with pytest.raises(InputError, match=said) as raised:
        list(read_texts(opened(folder, streaming), str(folder), "text"))
    assert "\n" not in str(raised.value)


def test_articles_begin_at_titles_and_lose_no_row():
    first = ["", " = One = \n", "", " = = Part = = \n", " 1 + 1 \n", " = 2 = \n", "", " = = = Deep = = = \n", ""]
    second = [" = 1 = 1 = \n", "", " x \n", "", " = = = \n"]
    assert [article for article in join_articles(first + second) if article] == ["".join(first), "".join(second)]
    assert list(join_articles(["no title\n", " at all\n"])) == ["no title\n at all\n"]
    assert list(join_articles([])) == [""]
