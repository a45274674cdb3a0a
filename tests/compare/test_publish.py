"""The same rows in wandb: a run of its own, nothing outside its folder, nothing left open."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import wandb

from wordorder.compare.comparison import Comparison, compare
from wordorder.compare.curves import LengthCurves
from wordorder.compare.publish import identify, name_table, publish
from wordorder.compare.report import write
from wordorder.errors import InputError


@pytest.fixture
def comparison(add_run: Callable[..., Path], lab: Path) -> Comparison:
    for position in ("none", "learned"):
        add_run(position)
    return compare(lab, baseline="none", figures=[LengthCurves()])


def test_offline_copy_holds_table_and_pictures(
    comparison: Comparison, lab: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = lab.parent / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    write(comparison, lab / "compare")
    said = [publish(comparison, lab / "compare", mode="offline", project="wordorder") for _ in range(2)]
    (folder,) = (lab / "compare" / "wandb").glob("offline-run-*")
    assert said == [True, False]  # again with the same numbers: the one copy is left
    assert folder.name.endswith(identify(comparison))
    (table,) = folder.rglob("*.table.json")
    content = json.loads(table.read_text())
    learned = dict(zip(content["columns"], content["data"][1], strict=True))
    assert learned["arm"] == "learned" and learned["last_k_1x"] == pytest.approx(2.6) and learned["last_k_2x"] is None
    assert list(folder.rglob("*.png"))
    assert wandb.run is None and not list(home.rglob("*.json"))
    assert capfd.readouterr() == ("", "")


def test_identity_follows_the_numbers(add_run: Callable[..., Path], comparison: Comparison, lab: Path) -> None:
    assert identify(comparison) == identify(compare(lab, baseline="none", figures=[]))
    add_run("rope")
    assert identify(comparison) != identify(compare(lab, baseline="none", figures=[]))


def test_each_table_has_a_name_of_its_own(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in range(3):
        add_run("none", seed)
        add_run("rope", seed, shift=seed / 100, facts={"digests": {"tokenizer": "b" * 64, "data": "d" * 64}})
    names = [name_table(table) for table in compare(lab, baseline="none", figures=[]).tables]
    assert names == ["comparison", "verdicts_bits_per_byte", "tokenizers"]


def test_run_is_finished_when_logging_fails(comparison: Comparison, lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []

    class Run:
        dir = str(lab / "x" / "files")

        def log(self, row: object) -> None:
            raise RuntimeError("disk full")

        def finish(self, exit_code: int) -> None:
            codes.append(exit_code)

    monkeypatch.setattr(wandb, "init", lambda **_: Run())
    with pytest.raises(RuntimeError, match="disk full"):
        publish(comparison, lab / "compare", mode="offline", project="wordorder")
    assert codes == [1]


def test_other_numbers_or_another_project_replace_the_copy(
    add_run: Callable[..., Path], comparison: Comparison, lab: Path
) -> None:
    write(comparison, lab / "compare")
    for project in ("wordorder", "another"):
        assert publish(comparison, lab / "compare", mode="offline", project=project)
    add_run("rope")
    grown = compare(lab, baseline="none", figures=[LengthCurves()])
    write(grown, lab / "compare")
    assert publish(grown, lab / "compare", mode="offline", project="another")
    (folder,) = (lab / "compare" / "wandb").glob("offline-run-*")
    assert folder.name.endswith(identify(grown))


def test_entity_is_that_of_the_runs_and_a_start_that_fails_says_the_way_out(
    comparison: Comparison, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, object]] = []

    def refuse(**words: object) -> None:
        given.append(words)
        raise RuntimeError("no network\nat all.")

    monkeypatch.setattr(wandb, "init", refuse)
    with pytest.raises(
        InputError, match=r"^logger\.mode=online: no network at all; run `wandb login`, or logger\.mode="
    ):
        publish(comparison, lab / "compare", mode="online", project="wordorder", entity="us")
    assert given[0]["entity"] == "us" and given[0]["group"] == "lab" and given[0]["job_type"] == "compare"


def test_unknown_mode_is_named(comparison: Comparison, lab: Path) -> None:
    with pytest.raises(InputError, match=r"logger\.mode=live"):
        publish(comparison, lab / "compare", mode="live", project="wordorder")
