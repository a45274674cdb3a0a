"""What makes two runs the same run, and what does not."""

import json
import shutil
from pathlib import Path

import layouts
import pytest
import runs

from wordorder import identity
from wordorder.errors import InputError
from wordorder.job import Job

SAME = [
    {"logger": "csv"},
    {"record.log_steps": 7, "record.validate_steps": 0, "record.checkpoint_seconds": 5.0},
    {"output_dir": "elsewhere"},
    {"name": "other"},
    {"device": "auto"},
    {"devices": 2},
    {"trainer": "ddp", "devices": 2},
    {"workers": 3},
    {"rerun": "all"},
    {"question": "why"},
    {"evaluation": "[length_sweep]"},
    {"seed": 5, "weight_seed": 0, "data_seed": 0},
    {"compare.baseline": "none"},
    {"source.train": "renamed.txt"},
    {"source.train": "below/copy.txt"},
]
OTHER = [
    {"position": "rope"},
    {"position.init_std": 0.03},
    {"tokenizer": "char"},
    {"model.d_ff": 33},
    {"model.dropout": 0.0},
    {"model.kernel": "sdpa"},
    {"optimizer.lr": 0.003},
    {"optimizer.betas": "[0.9,0.96]"},
    {"schedule.warmup": 0.06},
    {"schedule": "trapezoid"},
    {"trainer.budget": 13},
    {"trainer.micro_batch_size": 4},
    {"trainer.precision": "bf16"},
    {"trainer.threads": 2},
    {"trainer.compile": "true"},
    {"weight_seed": 1},
    {"data_seed": 1},
    {"data.attend_across": "false"},
    {"data.context_unit": "bytes", "position": "none"},
    {"seed": 1},
    {"source.document_bytes": 1000},
    {"source.train": "edited.txt"},
]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    runs.write_text(tmp_path / "my.txt")
    shutil.copy(tmp_path / "my.txt", tmp_path / "renamed.txt")
    (tmp_path / "below").mkdir()
    shutil.copy(tmp_path / "my.txt", tmp_path / "below" / "copy.txt")
    (tmp_path / "edited.txt").write_text((tmp_path / "my.txt").read_text().replace("a", "b", 1))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("changed", SAME, ids=lambda changed: " ".join(changed))
def test_what_changes_no_weight_changes_no_identity(changed, texts, compose_config):
    assert runs.make_job(compose_config, changed).identity == runs.make_job(compose_config).identity


@pytest.mark.parametrize("changed", OTHER, ids=lambda changed: " ".join(changed))
def test_what_can_change_a_weight_changes_the_identity(changed, texts, compose_config):
    assert runs.make_job(compose_config, changed).identity != runs.make_job(compose_config).identity


def test_a_tokenizer_s_file_counts_by_its_content(texts, compose_config, tmp_path):
    def job(path: Path) -> Job:
        return runs.make_job(compose_config, {"tokenizer": "pretrained", "tokenizer.path": path})

    first = layouts.write_gpt2(tmp_path / "a")
    (tmp_path / "b").mkdir()
    moved = Path(shutil.copy(first, tmp_path / "b" / "other name.json"))
    identity_before = job(first).identity
    assert job(moved).identity == job(first.parent).identity == identity_before
    assert job(layouts.write_llama3(tmp_path / "c")).identity != identity_before
    layouts.write_neox(tmp_path / "a")
    assert job(first).identity != identity_before


def test_weights_are_taken_over_under_the_same_tokenizer_file_wherever_it_lies(texts, compose_config, tmp_path):
    first = layouts.write_gpt2(tmp_path / "a")
    words = {"tokenizer": "pretrained", "tokenizer.path": first, "trainer.budget": 2, "evaluation": "[bits_per_byte]"}
    parent = runs.run(compose_config, words).folder
    moved = Path(shutil.copytree(first.parent, tmp_path / "b")) / first.name
    words |= {"initialize_from": parent, "name": "warm", "tokenizer.path": moved}
    assert runs.run(compose_config, words).status == "done"
    other = layouts.write_llama3(tmp_path / "c")
    with pytest.raises(InputError, match="tokenizer.path=.* is another file"):
        runs.make_job(compose_config, words | {"tokenizer.path": other})


def test_every_section_of_the_config_is_known_to_count_or_not_to_count(compose_config):
    """A new section must be put on one side or the other."""
    indifferent = {
        "evaluation",
        "record",
        "logger",
        "compare",
        "plan",
        "name",
        "question",
        "seed",
        "output_dir",
        "rerun",
    }
    indifferent |= {"device", "devices", "workers", "allow", "tuning"}
    assert set(compose_config()) == indifferent | set(identity.TRAINING_SECTIONS) | {"source", "initialize_from"}


def test_the_folder_s_name_can_be_typed_and_ends_in_the_identity(texts, compose_config):
    job = runs.make_job(compose_config)
    assert job.folder.as_posix() == f"outputs/adhoc/learned-byte-text_file-s0-{job.identity[:8]}"


def test_a_run_has_the_same_folder_whoever_trains_it(texts, compose_config):
    words = {"trainer.micro_batch_size": 1}
    alone = runs.make_job(compose_config, words)
    for more in ({"trainer": "ddp", "devices": 2}, {"devices": 4}):
        assert runs.make_job(compose_config, words | more).folder == alone.folder
    assert compose_config("trainer=ddp")["trainer"] == compose_config()["trainer"]


def test_a_digest_is_of_content_and_not_of_the_order_of_keys():
    assert identity.digest({"a": 1, "b": [1, 2]}) == identity.digest({"b": [1, 2], "a": 1})
    assert identity.digest({"a": [1, 2]}) != identity.digest({"a": [2, 1]})
    again = json.loads(json.dumps({"a": 0.1 + 0.2}))
    assert identity.digest(again) == identity.digest({"a": 0.1 + 0.2})


def test_an_evaluation_is_its_config_its_text_and_its_overrides():
    def identify(node, source="s", overrides=None):
        return identity.evaluation_identity(node, source_digest=source, overrides=overrides or {})

    ids = {
        identify({"tokens": 1}),
        identify({"tokens": 2}),
        identify({"tokens": 1}, "t"),
        identify({"tokens": 1}, overrides={"a": 1}),
    }
    assert len(ids) == 4 and identify({"tokens": 1}) in ids


def test_what_is_frozen_is_not_asked_again(monkeypatch):
    identity.code_digest.cache_clear()
    identity.commit.cache_clear()
    identity.freeze()
    monkeypatch.setattr(identity, "digest_files", lambda files: pytest.fail("files were read again"))
    monkeypatch.setattr(identity.subprocess, "run", lambda *_, **__: pytest.fail("git was asked again"))
    assert len(identity.code_digest()) == 64 and len(identity.commit()) == 2


def edited(tmp_path: Path, name: str) -> Path:
    """A copy of the package in which one file has one line more."""
    package = tmp_path / name.replace("/", "_") / "wordorder"
    shutil.copytree(identity.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    if name:
        (package / name).write_text((package / name).read_text() + "\n")
    return package


def test_the_code_digests_follow_the_files_that_can_change_a_result_and_no_others(tmp_path, compose_config):
    config = compose_config("position=alibi", "tokenizer=byte")
    rooms, shelves = identity.code_digest(), identity.shelf_digest(config)
    files = {name: edited(tmp_path, name) for name in ("", *ROOM_FILES, *SHELF_FILES, *OTHER_FILES)}
    changed = {name: identity.code_digest(package) != rooms for name, package in files.items()}
    assert [name for name in files if changed[name]] == ROOM_FILES
    changed = {name: identity.shelf_digest(config, package) != shelves for name, package in files.items()}
    assert [name for name in files if changed[name]] == SHELF_FILES


ROOM_FILES = ["model/block.py", "training/fit.py", "data/window.py"]
ROOM_FILES += ["position/base.py", "position/rotation.py", "position/frequencies/base.py"]
SHELF_FILES = ["position/alibi.py", "tokenizer/byte.py"]
OTHER_FILES = ["position/rope.py", "tokenizer/bpe.py", "evaluation/length_sweep.py", "record/mirror.py", "command.py"]
