"""Runs of any experiments side by side: a table, what differs in their configs, and a page where a person expects it."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import runs

from wordorder.compare import report
from wordorder.comparing_runs import choose_out, name_runs
from wordorder.errors import InputError


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def compare(*folders: Path, out: str = "") -> int:
    named = ",".join(str(folder) for folder in folders)
    return runs.typed("compare", f"runs=[{named}]", *([f"out={out}"] if out else []))


def test_table_differences_and_warnings_are_printed(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    first, other = add_run("rope"), add_run("alibi", facts={"code": "f" * 64})
    moved = lab.parent / "elsewhere" / other.name
    shutil.move(other, moved)
    assert compare(first, moved) == 0
    out = capfd.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert out.startswith(f"rope: {first}\nalibi: {moved}\n")
    assert ["position.theta", "10000", "–"] in lines and ["position.n_heads", "–", "4"] in lines
    assert any(line[:4] == ["alibi", "1", "2.660", "−0.003"] for line in lines)  # the first run is the baseline
    assert "- different code: Runs were trained by 2 versions" in out
    page = Path(out.splitlines()[-1].removeprefix("report: "))
    assert page.parent.parent == Path("outputs/compared") and page.parent.name.startswith("rope-alibi-")
    assert "position.theta" in page.read_text() and f"{first.name} and {moved.name}" in page.read_text()
    assert sorted(path.name for path in first.iterdir()) == sorted(path.name for path in moved.iterdir())
    assert compare(first, moved, out="page") == 0 and Path("page/summary.md").is_file()
    assert compare(first, moved, out="page") == 0  # its own page is written anew


def test_same_run_in_two_experiments_and_seeds_that_differ(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    first = add_run("rope")
    copy = shutil.copytree(first, lab.parent / "again" / first.name)
    assert compare(first, copy) == 0
    out = capfd.readouterr().out
    assert "rope, lab: " in out and "rope, again: " in out and "Their configs do not differ" in out
    assert compare(first, add_run("rope", 1, facts={"status": "failed", "reason": "loss of step 3"})) == 0
    out = capfd.readouterr().out
    assert "not in the table: rope-bpe" in out and "loss of step 3" in out
    assert compare(first, add_run("rope", 2)) == 0
    out = capfd.readouterr().out
    assert "chance is part of what differs" in out and "one seed" in out and "no seed in common with seed=0" in out
    assert "no finished run of seed" not in out


def test_a_folder_that_is_no_run_names_a_near_one(
    add_run: Callable[..., Path],
    lab: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = add_run("rope")
    assert compare(folder, folder.with_name("rope-bpe")) == 1
    assert f"did you mean {folder}?" in capfd.readouterr().err
    assert compare(folder, folder) == 1
    assert "named twice" in capfd.readouterr().err


@pytest.mark.parametrize("of", ["runs", "experiment"])
def test_a_place_that_cannot_be_written_is_told_by_its_key(
    of: str, add_run: Callable[..., Path], lab: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(comparison: object, out: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(out / ".part-x"))

    monkeypatch.setattr(report, "write", refuse)
    both = f"runs=[{add_run('rope')},{add_run('alibi')}]"
    words = [both, "out=page"] if of == "runs" else [f"experiment={lab.name}", f"output_dir={lab.parent}"]
    assert runs.typed("compare", *words) == 1
    key = "out=page" if of == "runs" else f"output_dir={lab.parent}"
    assert capfd.readouterr().err == f"wordorder: {key} cannot be written: Read-only file system\n"


def test_a_folder_of_other_things_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis" / "figures").mkdir(parents=True)
    with pytest.raises(InputError, match="thesis holds other things"):
        choose_out([tmp_path], ["rope"], "outputs", str(tmp_path / "thesis"))
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new"):
        assert choose_out([tmp_path], ["rope"], "outputs", str(tmp_path / name)) == tmp_path / name
    pages = {choose_out(folders, ["rope", "rope"], "o", "") for folders in ([tmp_path], [tmp_path / "empty"])}
    assert len(pages) == 2 and all(page.name.startswith("rope-") and page.name.count("-") == 1 for page in pages)


def test_names_are_as_short_as_tells_them_apart(tmp_path: Path) -> None:
    assert name_runs([tmp_path / "a" / "x", tmp_path / "b" / "y"]) == ["x", "y"]
    assert name_runs([tmp_path / "a" / "x", tmp_path / "b" / "x"]) == ["a-x", "b-x"]
    assert name_runs([tmp_path / "a" / "_x", tmp_path / "a" / "compare"]) == ["a-_x", "a-compare"]  # else no runs
