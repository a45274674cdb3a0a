"""A copy counts as made only when it is whole, and as unchanged only when nothing it was made from has changed."""

import os
from pathlib import Path

import pytest

from wordorder.errors import InputError
from wordorder.record.wandb_copy import digest, explaining, find_copies, holds, keep_files_in, replacing


def make_copy(folder: Path, name: str) -> Path:
    copy = folder / "wandb" / f"offline-run-{name}"
    copy.mkdir(parents=True)
    return copy


def test_digest_follows_contents_and_their_borders(tmp_path: Path) -> None:
    file, gone = tmp_path / "a", tmp_path / "gone"
    file.write_text("ab")
    assert digest(["ab", "c"]) == digest([b"ab", b"c"]) == digest([file, "c"])
    assert len({digest(["ab", "c"]), digest(["a", "bc"]), digest(["abc"]), digest(["ab", gone, "c"])}) == 4


def test_a_copy_is_held_once_it_is_whole(tmp_path: Path) -> None:
    make_copy(tmp_path, "old")
    assert not holds(tmp_path, "x")
    with replacing(tmp_path, "x"):
        new = make_copy(tmp_path, "new")
        assert find_copies(tmp_path) == [new] and not holds(tmp_path, "x")
    assert holds(tmp_path, "x") and not holds(tmp_path, "y")
    make_copy(tmp_path, "second")  # of two, none is the copy
    assert not holds(tmp_path, "x")


def test_an_error_leaves_no_half_copy(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), replacing(tmp_path, "x"):
        make_copy(tmp_path, "half")
        raise RuntimeError
    assert find_copies(tmp_path) == [] and not holds(tmp_path, "x")


def test_the_environment_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_DATA_DIR", "mine")
    monkeypatch.delenv("WANDB_CACHE_DIR", raising=False)
    with keep_files_in(tmp_path):
        assert os.environ["WANDB_DATA_DIR"] == os.environ["WANDB_CACHE_DIR"] == str(tmp_path)
    assert os.environ["WANDB_DATA_DIR"] == "mine" and "WANDB_CACHE_DIR" not in os.environ


def test_what_wandb_raises_becomes_one_line_and_what_is_ours_stays() -> None:
    with pytest.raises(InputError, match=r"^logger\.mode=online: a b; run `wandb login`, or logger\.mode=offline$"):
        with explaining("online"):
            raise RuntimeError("a\n b.")
    with pytest.raises(InputError, match="^mine$"), explaining("online"):
        raise InputError("mine")
