"""A run's folder: every file whole at every moment, rows past a checkpoint cut, scores replaced by identity."""

import json
import os
import signal
import threading

import pandas as pd
import pytest
import runs
from filelock import FileLock

from wordorder.record import run_record
from wordorder.record.run_record import Held, RunRecord


@pytest.fixture
def record(tmp_path) -> RunRecord:
    record = RunRecord(tmp_path / "run")
    record.create({"position": {"theta": 1e-05}, "name": "é"}, {"status": "running", "digests": {"data": "d"}})
    return record


def items(evaluation_id: str, *nats: float) -> list[dict]:
    return [{"evaluation_id": evaluation_id, "nats": one, "facts": "{}"} for one in nats]


def score(evaluation_id: str, value: float | None) -> dict:
    return {"evaluation": "bpb", "evaluation_id": evaluation_id, "value": value}


def test_what_is_written_is_read_back(record):
    again = RunRecord(record.folder)
    assert again.facts == record.facts and again.config() == {"position": {"theta": 1e-05}, "name": "é"}
    record.update(status="done", more=[1, 2])
    assert RunRecord(record.folder).facts == {"status": "done", "digests": {"data": "d"}, "more": [1, 2]}


def test_a_folder_without_a_record_has_no_facts(tmp_path):
    record = RunRecord(tmp_path / "nothing")
    assert record.facts == {} and not record.trained and record.rows() == [] == record.scores()


def test_a_run_is_trained_once_weights_and_their_digest_are_there(record):
    record.weights.write_bytes(b"weights")
    assert not record.trained  # killed before the record knew them
    record.update(digests={"weights": "w"})
    assert record.trained
    record.weights.unlink()
    assert not record.trained


def test_a_writer_that_is_killed_leaves_the_old_facts(record):
    def write_and_die():
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        record.update(status="done")

    assert runs.in_child(write_and_die) == -signal.SIGKILL
    assert RunRecord(record.folder).facts["status"] == "running"


def test_numbers_that_json_does_not_know_are_never_written(record):
    for write in (lambda: record.update(loss=float("nan")), lambda: record.add_row({"step": 1, "loss": float("inf")})):
        with pytest.raises(ValueError, match="JSON"):
            write()
    assert RunRecord(record.folder).facts["status"] == "running" and record.rows() == []


def test_rows_past_a_checkpoint_are_cut_and_the_others_keep_their_bits(record):
    for step in range(1, 7):
        record.add_row({"step": step, "loss": 0.1 + step / 3})
    before = (record.folder / "train.jsonl").read_text().splitlines(keepends=True)
    record.cut_rows(4)
    assert (record.folder / "train.jsonl").read_text() == "".join(before[:4])
    record.add_row({"step": 5, "loss": 0.0})
    assert [row["step"] for row in record.rows()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("torn", ['{"step": 3, "lo', "{", '"', "\u00e9"])
def test_a_last_line_that_was_never_finished_does_not_count(torn, record):
    record.add_row({"step": 1})
    record.add_row({"step": 2})
    with (record.folder / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(torn)
    assert [row["step"] for row in record.rows()] == [1, 2]
    record.cut_rows(2)
    record.add_row({"step": 3})
    assert [row["step"] for row in record.rows()] == [1, 2, 3]


def test_a_line_torn_inside_a_character_does_not_count(record):
    record.add_row({"step": 1})
    with (record.folder / "train.jsonl").open("ab") as file:
        file.write('{"why": "é'.encode()[:-1])
    assert record.rows() == [{"step": 1}]


def test_cutting_what_was_never_written_leaves_an_empty_file(record):
    record.cut_rows(5)
    assert record.rows() == []


def test_scores_of_one_identity_replace_each_other_and_no_others(record):
    record.add_scores("a", items("a", 1.0, 2.0), [score("a", 0.1)])
    record.add_scores("b", items("b", 3.0), [score("b", None), score("b", 0.2)])
    record.add_scores("a", items("a", 4.0), [score("a", 0.3)])
    assert record.scores() == [score("b", None), score("b", 0.2), score("a", 0.3)]
    table = pd.read_parquet(record.folder / "items.parquet")
    assert table[["evaluation_id", "nats"]].values.tolist() == [["b", 3.0], ["a", 4.0]]
    assert not [path for path in record.folder.glob(".*")]


def test_items_of_evaluations_with_other_sums_share_the_table(record):
    record.add_scores("a", items("a", 1.0), [])
    record.add_scores("b", [{"evaluation_id": "b", "hits": 7, "facts": "{}"}], [])
    table = pd.read_parquet(record.folder / "items.parquet").set_index("evaluation_id")
    assert table.loc["b", "hits"] == 7 and pd.isna(table.loc["b", "nats"]) and table.loc["a", "nats"] == 1.0


def test_clearing_forgets_all_that_was_measured(record):
    record.add_row({"step": 1})
    record.add_scores("a", items("a", 1.0), [score("a", 0.1)])
    record.weights.write_bytes(b"weights")
    record.checkpoint.write_bytes(b"checkpoint")
    record.clear()
    assert sorted(path.name for path in record.folder.rglob("*")) == ["checkpoints", "config.yaml"]
    assert RunRecord(record.folder).facts == {}


def test_a_clearing_that_is_killed_never_leaves_a_finished_run_without_weights(record):
    """After every file that goes, the folder is either still a trained run or one to be trained from the start."""
    contents = {"train.jsonl": "{}\n", "scores.jsonl": "", "items.parquet": "", "checkpoints/last.ckpt": ""}
    for n_unlinked in range(1, 6):
        for name, content in (contents | {"checkpoints/weights.safetensors": "weights"}).items():
            (record.folder / name).write_text(content)
        facts = {"status": "done", "digests": {"weights": "w"}}
        (record.folder / "run.json").write_text(json.dumps(facts))

        def clear_and_die(n_unlinked=n_unlinked):
            calls = []
            unlink = run_record.Path.unlink

            def counted(path, **settings):
                unlink(path, **settings)
                calls.append(path)
                if len(calls) == n_unlinked:
                    os.kill(os.getpid(), signal.SIGKILL)

            run_record.Path.unlink = counted
            RunRecord(record.folder).clear()

        assert runs.in_child(clear_and_die) == -signal.SIGKILL
        left = RunRecord(record.folder)
        assert left.trained or not left.facts
        assert left.facts or not left.checkpoint.exists()


def test_the_reasons_of_failures_are_kept_in_order(record):
    record.update(status="failed", reason="first")
    record.clear()
    record.create({}, {"status": "running"})
    record.update(status="failed", reason="second")
    record.clear()
    record.create({}, {"status": "running"})
    assert RunRecord(record.folder).facts["earlier"] == ["first", "second"]


def test_a_run_that_is_held_is_refused_with_the_name_of_its_holder(record):
    again = RunRecord(record.folder)
    with record.hold():
        with pytest.raises(Held, match=rf"process {os.getpid()} on .* holds {record.folder}: wait for it, or stop it"):
            with again.hold():
                pass
    with FileLock(record.folder / ".lock"), pytest.raises(Held, match="^another process holds"):
        with again.hold():
            pass
    with again.hold():
        pass


def test_who_waits_for_a_run_says_so_once_and_reads_what_was_written_meanwhile(record, monkeypatch):
    monkeypatch.setattr(run_record, "LOOK", 0.01)
    waiting, said = threading.Event(), []

    def hold_until_waited_for():
        with record.hold():
            held.set()
            assert waiting.wait(10)
            record.update(status="done")

    held = threading.Event()
    other = threading.Thread(target=hold_until_waited_for)
    other.start()
    assert held.wait(10)
    again = RunRecord(record.folder)
    with again.hold(wait=lambda why: (said.append(why), waiting.set())):
        assert again.facts["status"] == "done"
    other.join()
    (why,) = said
    assert why.startswith(f"waiting for process {os.getpid()} on ") and why.endswith(f", which holds {record.folder}")


def test_nobody_is_told_to_wait_for_a_run_that_is_free(record):
    with record.hold(wait=pytest.fail):
        assert record.facts["status"] == "running"
