"""torture.py: what it sees is what is there, and a sweep that is killed ends as one that is not."""

import json
import os
import platform
import random
import signal
import subprocess
import sys
from collections import Counter
from multiprocessing import forkserver
from pathlib import Path

import pytest
import yaml

from wordorder.record.holder import began

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
try:
    import readme
    import torture
    from killing import torment
    from killing.found import Found, Kill, table
    from killing.phases import PHASES, Sight, Watch, phase_of
    from killing.processes import Family, children, open_files, state
    from killing.sweep import leftovers, result_of
    from killing.torment import Torment
finally:
    sys.path.pop(0)

if not Path("/proc/self/task").exists():
    pytest.skip("processes are found in Linux's /proc", allow_module_level=True)

CHILD = """
import subprocess, sys, time
if sys.argv[1:]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """Of a run that has made its record, asked two evaluations and done nothing yet."""
    run = tmp_path / "rope-s0"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text(yaml.safe_dump({"evaluation": {"first": {}, "second": {}}}))
    write_facts(run, status="running", digests={"data": "d"})
    return run


@pytest.fixture
def launcher():
    """A process that has started another one, which a pool's command line names; both end with the test."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, "forkserver"], stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    yield process.pid, child
    for one in (child, process.pid):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def write_facts(folder: Path, **facts) -> None:
    (folder / "run.json").write_text(json.dumps(facts))


def write_scores(folder: Path, *names: str) -> None:
    (folder / "scores.jsonl").write_text("".join(json.dumps({"evaluation": name}) + "\n" for name in names))


def test_a_run_is_in_the_phase_that_its_folder_shows(folder):
    trained = {"digests": {"data": "d", "weights": "w"}}
    assert phase_of(folder, []) == "train"
    write_facts(folder, status="running", **trained)
    assert phase_of(folder, []) == "evaluate"
    write_scores(folder, "first")
    assert phase_of(folder, []) == "evaluate"
    write_scores(folder, "first", "second")
    assert phase_of(folder, []) == "finish"
    (folder / "run.json").unlink()
    assert phase_of(folder, []) == "import"


def test_a_run_writes_a_checkpoint_while_it_has_one_open_and_not_where_one_was_left(folder):
    part = folder / "checkpoints" / ".last.ckpt.part"
    with part.open("wb"):
        assert phase_of(folder, open_files(os.getpid())) == "checkpoint"
    assert part.exists() and phase_of(folder, open_files(os.getpid())) == "train"
    assert phase_of(folder, [str(folder / ".items.parquet.part")]) == "train"


def test_a_worker_is_at_the_run_whose_folder_it_holds(folder, launcher):
    parent, child = launcher
    said, family = folder.parent / "said.txt", Family(0)
    said.write_text("2 runs, 2 at a time\n")
    family.look = lambda: family.workers.update({parent, child})
    watch = Watch(family, folder.parent, said)
    assert watch.look() == Sight({parent: ("", "import"), child: ("", "import")}, "import")
    note = {"host": platform.node(), "process": child, "began": began(child)}
    (folder / ".holder").write_text(json.dumps(note))
    assert watch.look().workers == {parent: ("", "import"), child: (folder.name, "train")}
    (folder / ".holder").unlink()  # it lets go before it ends
    assert watch.look().workers[child] == (folder.name, "train")
    said.write_text("run   status   bits per byte\n")
    assert watch.look().alone == "finish"


def test_a_pool_is_the_child_that_serves_forks_and_its_children_are_workers(launcher):
    pool, worker = launcher
    forkserver._forkserver._stop()  # that of another test in this process
    family = Family(os.getpid())
    family.look()
    assert family.pool == pool and family.workers == {worker} and family.ever.keys() >= {pool, worker}


def test_a_family_is_found_stands_still_and_goes_on(launcher):
    parent, child = launcher
    assert children(parent) == [child]
    family = Family(parent)
    family.workers = {child}
    family.look()
    assert family.all() == [parent, child] and family.pool is None
    family.freeze()
    assert {state(parent), state(child)} == {"T"}
    family.thaw()
    assert not {state(parent), state(child)} & {"T"}
    os.kill(child, signal.SIGKILL)
    while state(child) not in "ZX":
        pass
    family.look()
    assert family.all() == [parent] and family.survivors() == [parent]


class Drawn:
    """In place of a command: its clock runs by itself, and it ends when its launcher is killed or its time is over."""

    def __init__(self, length: float):
        self.clock, self.length, self.killed = 0.0, length, False
        self.watch = type("Watch", (), {"look": lambda _: Sight({}, "import")})()
        self.process = type("Process", (), {"wait": lambda _: 0})()

    @property
    def at(self) -> float:
        return self.clock

    @property
    def running(self) -> bool:
        self.clock += 0.01
        return not self.killed and self.clock < self.length


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """drawn(target, n) -> when n kills of that target came, in sweeps of ten seconds."""
    monkeypatch.setattr(torment.time, "sleep", lambda seconds: None)

    def times(target: str, n: int) -> list[Kill]:
        one = Torment(tmp_path, [], kills=n, least=0, seed=0)
        one.duration = 10.0

        def strike(command, wanted):
            command.killed = target == "launcher"
            return target, "import", ""

        one.strike = strike
        while one.due():
            one.attempt(Drawn(10.0), 0, 0)
        return one.found.kills

    return times


def test_kills_come_at_times_drawn_uniformly(drawn):
    times = sorted(kill.at for kill in drawn("run", 600))
    assert len(times) == 600
    worst = max(abs((rank + 0.5) / 600 - at / 10) for rank, at in enumerate(times))
    assert worst < 1.63 / 600**0.5  # Kolmogorov's distance, one in a hundred


def test_the_death_of_a_launcher_ends_its_command(drawn):
    kills = drawn("launcher", 50)
    assert len(kills) == 50 and not any(kill.aimed for kill in kills)


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["-h"], 0), (["kills"], 2)])
def test_help_and_what_cannot_be_read_kill_nothing(words, code, capsys):
    assert torture.main(words) == code
    assert capsys.readouterr().out == f"{torture.__doc__}\n"


def test_phases_that_chance_left_out_are_known(tmp_path):
    found = Found(kills=[Kill(0, 0, 1.0, "run", phase, "", False) for phase in ("train", "train", "finish")])
    assert found.lacking(0) == [] and found.lacking(1) == ["import", "checkpoint", "evaluate"]
    assert set(found.lacking(2)) == {*PHASES} - {"train"}


def test_an_aimed_kill_hits_only_who_is_in_the_phase(tmp_path):
    one = Torment(tmp_path, [], kills=0, least=1, seed=0)
    sight = Sight({11: ("a", "train"), 12: ("b", "checkpoint"), 13: ("c", "train")}, "import")
    assert {one.choose(sight, "checkpoint") for _ in range(20)} == {(12, "b", "checkpoint")}
    assert {one.choose(sight, "")[0] for _ in range(60)} == {11, 12, 13}
    assert one.choose(Sight({}, "finish"), "finish") == (None, "", "finish")


def test_a_digest_sees_each_part_of_a_result_and_no_time(folder):
    def write(loss=1.0, seconds=2.0, value=3.0, weights=b"w"):
        write_facts(folder, status="done", digests={"weights": "w"}, tokens=1)
        (folder / "checkpoints" / "weights.safetensors").write_bytes(weights)
        (folder / "train.jsonl").write_text(json.dumps({"step": 1, "loss": loss, "seconds": seconds}) + "\n")
        (folder / "scores.jsonl").write_text(json.dumps({"evaluation": "first", "value": value}) + "\n")
        return result_of(folder)

    whole = write()
    assert write(seconds=5.0) == whole
    for changed, part in (({"loss": 1.5}, "rows"), ({"value": 3.5}, "scores"), ({"weights": b"v"}, "weights")):
        other = write(**changed)
        assert {name for name in whole if whole[name] != other[name]} == {part}


def test_what_a_killed_writer_leaves_is_counted(tmp_path):
    for name in (".lock", ".run.json.a8d9", ".config.yaml.x_3", "run.json", ".last.ckpt.part", ".holder"):
        (tmp_path / name).touch()
    assert Counter(leftovers(tmp_path)) == {
        ".run.json": 1,
        ".config.yaml": 1,
        ".last.ckpt.part": 1,
        ".holder": 1,
    }


def test_the_readme_tells_the_kills_and_what_came_of_them():
    draw = random.Random(0)
    targets = ("run", "pool", "launcher")
    kills = [Kill(0, 0, 1.0, draw.choice(targets), phase, "", phase == "finish") for phase in PHASES * 3]
    report = {
        "date": "2026-01-02T03:04:05",
        "machine": {"cpu": "a processor", "torch": "2.0"},
        "tables": {
            "kills": table(kills),
            "found": [{"kills": 15, "sweeps": 4, "differing": 0, "unfinished": 1, "survivors": 0}],
        },
    }
    text = readme.torture(report)
    assert "15 times SIGKILL, 12 of them at drawn times, in 4 sweeps" in text and "unfinished 1" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {phase}" for phase in PHASES]
    assert lines[-1].endswith("| 3 | 3 |") and "2026-01-02" in text


@pytest.mark.slow
def test_a_sweep_that_is_killed_ends_as_one_that_is_not(tmp_path):
    words = ["kills=4", "least=0", "position=none,rope", "tokenizer=byte", "seed=0", f"out={tmp_path}/found.json"]
    script = [sys.executable, str(ROOT / "scripts" / "torture.py"), *words]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert len(found["log"]["kills"]) == 4 and found["log"]["differing"] == []
