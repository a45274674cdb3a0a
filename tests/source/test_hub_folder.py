"""A folder is told from a name on the hub, from a file and from a clone without its content; a change in it is seen."""

import os

import pytest

from wordorder.errors import InputError
from wordorder.source.hub_folder import find_folder, list_state, refuse_pointers

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n"


def test_folders_files_and_names_on_the_hub_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own" / "set").mkdir(parents=True)
    for name in ("own/set", "./own/set", "~/own/set", str(tmp_path / "own" / "set")):
        assert find_folder(name) == tmp_path / "own" / "set"
    assert find_folder("someone/set") is None
    (tmp_path / "own" / "a.txt").write_text("")
    with pytest.raises(InputError, match="^source.name=own/a.txt is a file; give its .*source=text_file source.train="):
        find_folder("own/a.txt")
    for name in (str(tmp_path / "nowhere"), "./nowhere", "~/nowhere"):
        with pytest.raises(InputError, match=f"source.name={name} does not exist; looked for .*{tmp_path}/nowhere"):
            find_folder(name)


def test_any_change_of_a_file_is_seen_and_hidden_ones_do_not_count(tmp_path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "a.parquet"
    file.write_text("as it was")
    (tmp_path / ".git").mkdir()
    states = [list_state(tmp_path)]
    (tmp_path / ".git" / "HEAD").write_text("main")
    (tmp_path / "data" / ".lock").write_text("")
    assert list_state(tmp_path) == states[0] and len(states[0]) == 1
    file.write_text("longer than before")
    states.append(list_state(tmp_path))
    os.utime(file, ns=(1, 1))  # as long as before, at another time
    states.append(list_state(tmp_path))
    file.rename(tmp_path / "data" / "b.parquet")
    states.append(list_state(tmp_path))
    (tmp_path / "c.parquet").write_text("more")
    states.append(list_state(tmp_path))
    assert len({repr(state) for state in states}) == 5


def test_a_clone_without_git_lfs_is_told_with_two_ways_out(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.parquet").write_bytes(b"PAR1")
    refuse_pointers(str(tmp_path))
    (tmp_path / "data" / "b.parquet").write_text(POINTER)
    said = f"^source.name={tmp_path} was cloned .*{tmp_path}/data/b.parquet .*`git lfs pull` in {tmp_path}, .*`hf download "
    with pytest.raises(InputError, match=said):
        refuse_pointers(str(tmp_path))


def test_what_only_speaks_of_pointers_is_none(tmp_path):
    (tmp_path / "README.md").write_text(f"A pointer:\n{POINTER}")
    (tmp_path / "long.txt").write_text(POINTER * 50)
    refuse_pointers(str(tmp_path))
    refuse_pointers("someone/set")
