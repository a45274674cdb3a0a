"""A parent is named by what it is and not by its seed, and by its whole name where that is not known."""

from pathlib import Path

from wordorder.record.lineage import name_parent


def name(folder: object) -> str:
    return name_parent(str(folder), lambda config: f"{config['lr']:_>64}"[::-1])


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(text)
    return folder


def test_parents_of_one_arm_share_a_name_and_of_two_do_not(tmp_path: Path) -> None:
    one, other = (write(tmp_path / f"first/rope-bpe-s{n}-0123456{n}", "lr: 3\n") for n in (0, 1))
    again = write(tmp_path / "second/rope-bpe-s0-01234560", "lr: 3\n")
    assert name(one) == name(other) == name(again) == "rope-bpe-3___________"
    assert name(write(tmp_path / "first/rope-bpe-s0-89abcdef", "lr: 4\n")) == "rope-bpe-4___________"


def test_a_parent_that_cannot_be_read_keeps_its_whole_name(tmp_path: Path) -> None:
    assert name(tmp_path / "gone/rope-s0-01234567") == "gone/rope-s0-01234567"
    assert name(write(tmp_path / "lost/rope-s0-01234567", "{")) == "lost/rope-s0-01234567"
    assert name("") == ""
