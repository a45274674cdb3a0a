"""Mirrors show what the folder holds: nothing more, nothing less, number by number.

Offline wandb files are read back with wandb's own reader; online calls are watched at a stand-in for the module.
"""

import csv
import json
import math
import os
import random
import shlex
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from wandb_files import read_back

from wordorder.errors import InputError
from wordorder.record.mirror import CSVMirror, NoMirror, TensorBoardMirror
from wordorder.record.wandb_mirror import WandbMirror, identify

SCORE_KEY = "length_sweep/bits_per_byte/last_k/512"
SCORES = [
    {"evaluation": "length_sweep", "metric": "bits_per_byte", "value": 2.123456789012345, "facts": {"last_k": 512}},
    {"evaluation": "length_sweep", "metric": "bits_per_byte", "value": None, "facts": {"last_k": 1024}},
]


def write_run(folder, training="ab" * 32, status="done"):
    """A run folder of 60 log rows; every tenth step has a validation row beside its training row."""
    draw = random.Random(training).random
    rows = []
    for step in range(1, 61):
        at = {"step": step, "tokens": step * 2048}
        rows.append(at | {"loss": draw() * 7, "lr": draw() / 3000, "grad_norm": draw(), "seconds": draw()})
        if step % 10 == 0:
            rows.append(at | {"val_loss": draw() * 7, "val_bits_per_byte": draw() * 3})
    scores = [{"evaluation_id": "cd" * 32, "count": 7, "why": ""} | score for score in SCORES]
    facts = {
        "run": folder.name,
        "experiment": "long_text",
        "status": status,
        "reason": "",
        "choices": {"position": "rope", "tokenizer": "bpe", "source": "python_docs", "model": "nano"},
        "training": training,
        "seeds": {"weight": 3, "data": 4},
        "parameters": {"total": 800000, "position": 0},
    }
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("optimizer:\n  lr: 1.0e-05\nseed: 3\nnothing: null\n")
    (folder / "run.json").write_text(json.dumps(facts))
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "scores.jsonl").write_text("".join(json.dumps(score) + "\n" for score in scores))
    return rows


def read_csv(folder):
    """The rows of train.csv as numbers, without their empty cells."""
    with (folder / "train.csv").open(newline="") as file:
        return [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]


def read_events(folder):
    """{tag: [(step, value)]} of one event file, by its framing: length, checksum, event, checksum."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = folder.glob("tensorboard/*")
    data, at, values = path.read_bytes(), 0, {}
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Event.FromString(data[at + 12 : at + 12 + length])
        at += 12 + length + 4
        for value in event.summary.value:
            values.setdefault(value.tag, []).append((event.step, value.simple_value))
    return values


def as_float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def list_files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_no_mirror_leaves_the_folder_alone(tmp_path):
    rows = write_run(tmp_path / "run")
    before = list_files(tmp_path)
    mirror = NoMirror()
    mirror.open(tmp_path / "run")
    mirror.row(rows[0])
    mirror.close(tmp_path / "run")
    assert list_files(tmp_path) == before and mirror.hint(tmp_path / "run") == ""


def test_csv_holds_every_number_exactly(tmp_path):
    rows = write_run(tmp_path / "run")
    CSVMirror().close(tmp_path / "run")
    assert read_csv(tmp_path / "run") == rows
    assert not [name for name in list_files(tmp_path / "run") if name.endswith(".part")]


def test_csv_is_written_anew(tmp_path):
    write_run(tmp_path / "run")
    CSVMirror().close(tmp_path / "run")
    (tmp_path / "run" / "train.jsonl").write_text('{"step": 1, "loss": NaN}\n{"step": 2, "lo')  # cut short by a kill
    CSVMirror().close(tmp_path / "run")
    (row,) = read_csv(tmp_path / "run")
    assert row["step"] == 1 and math.isnan(row["loss"]) and len(row) == 2


def test_a_broken_row_inside_is_not_passed_over(tmp_path):
    write_run(tmp_path / "run")
    (tmp_path / "run" / "train.jsonl").write_text('{"step": 1, "lo\n{"step": 2}\n')
    with pytest.raises(InputError, match="line 1"):
        CSVMirror().close(tmp_path / "run")


def test_a_run_that_failed_at_once_has_mirrors_too(tmp_path):
    write_run(tmp_path / "run", status="failed")
    for name in ("train.jsonl", "scores.jsonl"):
        (tmp_path / "run" / name).unlink()
    CSVMirror().close(tmp_path / "run")
    assert read_csv(tmp_path / "run") == []


def test_tensorboard_holds_rows_and_scores(tmp_path):
    rows = write_run(tmp_path / "run")
    mirror = TensorBoardMirror()
    mirror.close(tmp_path / "run")
    mirror.close(tmp_path / "run")  # the second replaces the first
    values = read_events(tmp_path / "run")
    for name in {name for row in rows for name in row} - {"step"}:
        assert values.pop(name) == [(row["step"], as_float32(row[name])) for row in rows if name in row]
    assert values == {"length_sweep/bits_per_byte/last_k/512": [(60, as_float32(SCORES[0]["value"]))]}
    assert mirror.hint(tmp_path / "run").endswith("run/tensorboard")


@pytest.mark.parametrize(
    "make", [CSVMirror, TensorBoardMirror, lambda: make_mirror()], ids=["csv", "tensorboard", "wandb"]
)
def test_a_mirror_shows_a_run_after_its_close_until_the_run_has_changed(make, tmp_path):
    folder, mirror = tmp_path / "run", make()
    write_run(folder)
    assert mirror.from_folder and not mirror.shows(folder)
    mirror.close(folder)
    assert mirror.shows(folder)
    (folder / "run.json").write_text((folder / "run.json").read_text().replace('"done"', '"failed"'))
    assert not mirror.shows(folder)
    mirror.close(folder)
    assert mirror.shows(folder)


def test_missing_tensorboard_is_said_before_training(monkeypatch):
    monkeypatch.setattr("wordorder.record.mirror.find_spec", lambda name: None)
    with pytest.raises(InputError, match="logger=tensorboard needs tensorboardX"):
        TensorBoardMirror()


def test_mirrors_import_nothing_heavy():
    code = "import sys, wordorder.record.mirror, wordorder.record.wandb_mirror; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"wandb", "tensorboardX", "torch", "hydra", "omegaconf", "pandas"} & set(loaded)


def make_mirror(mode="offline"):
    return WandbMirror(mode=mode, project="wordorder", entity="")


def test_offline_run_equals_the_folder(tmp_path, capfd):
    rows = write_run(tmp_path / "run")
    mirror = make_mirror()
    mirror.open(tmp_path / "run")
    mirror.row(rows[0])
    assert not (tmp_path / "run" / "wandb").exists()  # nothing before the end
    mirror.close(tmp_path / "run")
    assert capfd.readouterr() == ("", "")
    back = read_back(tmp_path / "run")
    *history, table = back.history
    assert history == rows
    assert back.steps == list(range(len(rows) + 1))
    assert table["scores.nrows"] == 2
    assert back.summary[SCORE_KEY] == 2.123456789012345
    assert back.exit_code == 0
    assert mirror.hint(tmp_path / "run") == f"wandb sync {back.folder}"
    run = back.run
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["run_id"] == identify(facts) and run["display_name"] == "run" and run["run_group"] == "long_text"
    assert run["job_type"] == "train" and run["tags"] == ["bpe", "nano", "python_docs", "rope"]
    del back.config["_wandb"]
    assert back.config == {"optimizer": {"lr": 1e-5}, "seed": 3, "nothing": None, "record": facts}


def test_the_table_holds_every_score(tmp_path):
    write_run(tmp_path / "run")
    make_mirror().close(tmp_path / "run")
    (path,) = tmp_path.glob("run/wandb/offline-run-*/files/media/table/*.table.json")
    table = json.loads(path.read_text())
    rows = [dict(zip(table["columns"], cells, strict=True)) for cells in table["data"]]
    assert [row | {"facts": json.loads(row["facts"])} for row in rows] == [
        json.loads(line) for line in (tmp_path / "run" / "scores.jsonl").read_text().splitlines()
    ]


def test_the_second_close_replaces_the_first_and_runs_do_not_mix(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write_run(first, training="11" * 32, status="failed")
    (first / "scores.jsonl").unlink()
    rows = write_run(second, training="22" * 32)
    mirror = make_mirror()
    mirror.close(first)
    failed = read_back(first)
    assert failed.exit_code == 1 and len(failed.history) == 66
    resumed = [{"step": 1, "tokens": 5, "loss": 0.1}, {"step": 2, "tokens": 10, "loss": float("nan")}]
    (first / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in resumed))
    (first / "run.json").write_text((first / "run.json").read_text().replace('"failed"', '"done"'))
    mirror.close(second)
    mirror.close(first)
    done = read_back(first)
    assert done.exit_code == 0 and done.history == [resumed[0], resumed[1] | {"loss": "NaN"}]
    assert read_back(second).history[:-1] == rows


def test_another_evaluation_of_the_same_name_keeps_both(tmp_path, monkeypatch):
    fake = stand_in(monkeypatch)
    write_run(tmp_path / "run")
    score = {"evaluation": "length_sweep", "evaluation_id": "ef" * 32, "metric": "bits_per_byte", "value": 9.0}
    with (tmp_path / "run" / "scores.jsonl").open("a") as file:
        file.write(json.dumps(score | {"count": 1, "why": "", "facts": {"last_k": 512}}) + "\n")
    make_mirror().close(tmp_path / "run")
    assert fake.runs[0].summary[SCORE_KEY] == 2.123456789012345
    assert fake.runs[0].summary["length_sweep-efefefef/bits_per_byte/last_k/512"] == 9.0


POOL = """
import multiprocessing, os, sys
from pathlib import Path
from wordorder.record.wandb_mirror import WandbMirror

def mirror(name):
    WandbMirror(mode="offline", project="wordorder", entity="").close(Path(name))

mirror("before")
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.map(mirror, ["one", "two"])
print({name: value for name, value in os.environ.items() if "WANDB" in name and name != "WANDB_SERVICE"})
"""


def test_forked_workers_and_a_strange_environment(tmp_path):
    expected = {}
    for name in ("before", "one", "two"):
        expected[name] = write_run(tmp_path / name, training=name * 8)
    (tmp_path / "home").mkdir()
    given = {
        "WANDB_MODE": "disabled",
        "WANDB_RUN_ID": "other",
        "WANDB_NAME": "other",
        "WANDB_TAGS": "x",
        "WANDB_DIR": "x",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "XDG"))}
    environment = clean | given | {"HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", POOL], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == "" and done.stdout.strip() == str(given)
    assert list_files(tmp_path / "home") == []
    for name, rows in expected.items():
        back = read_back(tmp_path / name)
        assert back.history[:-1] == rows and back.run["display_name"] == name
    assert len({read_back(tmp_path / name).run["run_id"] for name in expected}) == 3


def test_runs_named_from_other_working_folders_are_written_each_into_its_own(tmp_path, monkeypatch):
    rows = {}
    for name in ("first", "second"):  # wandb's service stays where the first has begun it
        rows[name] = write_run(tmp_path / name / "run", training=name * 8)
        monkeypatch.chdir(tmp_path / name)
        make_mirror().close(Path("run"))
    for name in rows:
        assert read_back(tmp_path / name / "run").history[:-1] == rows[name]
        assert list_files(tmp_path / name)[0] == "run" and len(list((tmp_path / name).iterdir())) == 1


def test_a_wandb_failure_does_not_lose_the_run(tmp_path, monkeypatch, capsys):
    write_run(tmp_path / "run")
    fake = stand_in(monkeypatch)
    fake.Table = lambda **_: 1 / 0
    mirror = make_mirror()
    mirror.close(tmp_path / "run")
    (line,) = capsys.readouterr().err.splitlines()
    retry = f"wordorder sync_wandb run={tmp_path / 'run'} logger.mode=offline logger.project=wordorder"
    assert str(tmp_path / "run") in line and line.endswith(retry)
    assert fake.runs[0].exit_code == 1
    assert mirror.hint(tmp_path / "run") == ""


def test_an_unchanged_copy_is_left_and_a_changed_one_replaced(tmp_path):
    write_run(tmp_path / "run")
    assert make_mirror().write(tmp_path / "run")
    first = read_back(tmp_path / "run").folder
    (first / "sent").touch()  # as wandb marks what it has sent
    assert not make_mirror().write(tmp_path / "run") and (first / "sent").exists()
    assert WandbMirror(mode="offline", project="another", entity="").write(tmp_path / "run")
    assert read_back(tmp_path / "run").run["project"] == "another"
    (tmp_path / "run" / "scores.jsonl").unlink()
    assert WandbMirror(mode="offline", project="another", entity="").write(tmp_path / "run")
    assert read_back(tmp_path / "run").summary.get(SCORE_KEY) is None


def test_a_training_that_two_experiments_have_is_two_runs(tmp_path):
    facts = {"experiment": "long_text", "training": "ab" * 32}
    assert identify(facts) == identify(dict(facts)) != identify(facts | {"experiment": "other"})
    assert identify(facts) != identify(facts | {"training": "cd" * 32}) and len(identify(facts)) <= 64


def test_scores_are_sent_again_only_when_they_have_changed(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    rows = write_run(folder)
    fake, mirror = start_online(folder, monkeypatch)
    mirror.close(folder)
    kept = fake.runs[0].summary  # the server's, which a resumed run begins with
    monkeypatch.setitem(sys.modules, "wandb", None)
    for changed in (False, True):
        if changed:
            append_score(folder)
        fake = stand_in(monkeypatch, starting_step=len(rows) + 1, summary=kept)
        assert make_mirror("online").write(folder)
        assert len(fake.runs[0].logged) == changed


def append_score(folder):
    score = {"evaluation": "later", "evaluation_id": "ef" * 32, "metric": "bits_per_byte", "value": 1.0}
    with (folder / "scores.jsonl").open("a") as file:
        file.write(json.dumps(score | {"count": 1, "why": "", "facts": {}}) + "\n")


@pytest.mark.parametrize("name", ["run", "it's a run, or {two}"])
def test_what_is_typed_to_try_again_is_read_as_it_was_meant(tmp_path, name):
    mirror = WandbMirror(mode="online", project="my project", entity="us")
    words = shlex.split(mirror.again(tmp_path / name))
    assert words[:2] == ["wordorder", "sync_wandb"]
    read = {o.key_or_group: o.value() for o in OverridesParser.create().parse_overrides(words[2:])}
    assert read == {
        "run": str(tmp_path / name),
        "logger.mode": "online",
        "logger.project": "my project",
        "logger.entity": "us",
    }


def stand_in(monkeypatch, starting_step=0, summary=()):
    """A module that remembers what it is asked; each run's `logged` is a list of (row, step)."""
    runs = []

    def init(**given):
        run = SimpleNamespace(given=given, logged=[], summary=dict(summary), config={}, exit_code=None)
        run.starting_step = starting_step
        run.define_metric = lambda name, step_metric: run.given.update({"axis": (name, step_metric)})
        run.log = lambda row, step=None, commit=None: run.logged.append((row, step))
        run.config = SimpleNamespace(update=lambda values, allow_val_change: run.given["config"].update(values))
        run.finish = lambda exit_code: setattr(run, "exit_code", exit_code)
        runs.append(run)
        return run

    fake = SimpleNamespace(init=init, runs=runs, Settings=lambda **given: given, Table=lambda **given: given)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    return fake


def append(folder, row):
    with (folder / "train.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def start_online(folder, monkeypatch, starting_step=0):
    fake = stand_in(monkeypatch, starting_step)
    mirror = make_mirror("online")
    mirror.open(folder)
    return fake, mirror


def test_online_is_live(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    rows = write_run(folder, status="running")
    (folder / "train.jsonl").write_text("")
    fake, mirror = start_online(folder, monkeypatch)
    (run,) = fake.runs
    for number, row in enumerate(rows):
        append(folder, row)
        mirror.row(row)
        assert run.logged[-1] == (row, number)
    assert (
        run.given["id"] == identify(json.loads((folder / "run.json").read_text()))
        and run.given["resume"] == "allow"
        and run.given["mode"] == "online"
    )
    assert run.given["axis"] == ("*", "tokens") and run.given["entity"] is None and run.exit_code is None
    (folder / "run.json").write_text((folder / "run.json").read_text().replace('"running"', '"done"'))
    mirror.close(folder)
    assert fake.runs == [run] and run.exit_code == 0 and run.summary[SCORE_KEY] == 2.123456789012345
    assert run.given["config"]["record"]["status"] == "done"
    assert [row for row, _ in run.logged[:-1]] == rows and len(run.logged[-1][0]["scores"]["data"]) == 2


@pytest.mark.parametrize("server_has", [0, 20, 50])
def test_a_resumed_run_sends_what_the_server_lacks_and_nothing_twice(tmp_path, monkeypatch, server_has):
    folder = tmp_path / "run"
    rows = write_run(folder)
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:30]))  # cut at a checkpoint
    fake, mirror = start_online(folder, monkeypatch, starting_step=server_has)
    for row in rows[30:]:
        append(folder, row)
        mirror.row(row)
    assert fake.runs[0].logged == list(zip(rows, range(len(rows)), strict=True))[server_has:]


def test_a_broken_connection_does_not_stop_training(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    rows = write_run(folder)
    (folder / "train.jsonl").write_text("")
    fake, mirror = start_online(folder, monkeypatch)
    fake.runs[0].log = lambda *_, **__: 1 / 0
    for row in rows:
        append(folder, row)
        mirror.row(row)
    assert len(capsys.readouterr().err.splitlines()) == 1
    mirror.close(folder)
    assert [row for row, _ in fake.runs[1].logged[:-1]] == rows and fake.runs[1].exit_code == 0


def test_online_that_cannot_start_says_the_way_out(tmp_path, monkeypatch):
    write_run(tmp_path / "run")
    stand_in(monkeypatch).init = lambda **_: 1 / 0
    with pytest.raises(InputError, match="logger.mode=offline"):
        make_mirror("online").open(tmp_path / "run")


@pytest.mark.parametrize("wrong", [{"mode": "live"}, {"project": "a/b"}, {"project": ""}, {"project": "a" * 129}])
def test_wrong_arguments_are_refused_before_training(wrong):
    with pytest.raises(InputError, match=f"logger.{next(iter(wrong))}="):
        WandbMirror(**{"mode": "offline", "project": "wordorder", "entity": ""} | wrong)
