"""Whole runs: equal configs give equal bits, a killed run ends as if it had not been, the record says what happened."""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import runs
import torch
from safetensors.numpy import load_file

import wordorder
from wordorder import identity, pool, saved
from wordorder.check import make
from wordorder.errors import InputError
from wordorder.record import run_record
from wordorder.record.run_record import RunRecord
from wordorder.run import train
from wordorder.training.lightning_lm import LightningLM
from wordorder.training.recording import Recording

PLANTED = """
from wordorder.position.base import PositionScheme

class Failing(PositionScheme):
    def __init__(self, *, at: int, factor: float):
        super().__init__()
        self.at, self.factor = at, factor

    def prepare(self, context):
        return context.step

    def embed(self, x_BTD, pos):
        return x_BTD * (self.factor if pos >= self.at else 1.0)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, compose_config) -> Path:
    """A run that nothing disturbed; its folder is read by many tests and changed by none."""
    folder = tmp_path_factory.mktemp("whole")
    runs.write_text(folder / "my.txt")
    threads = torch.get_num_threads()
    outcome = runs.run(compose_config, {"source.train": folder / "my.txt", "output_dir": folder / "outputs"})
    torch.set_num_threads(threads)
    assert outcome.status == "done"
    return outcome.folder


@pytest.fixture
def finished(here, whole) -> Path:
    """The same run as made in `here`, by relative paths, to be spoilt."""
    shutil.copytree(whole.parents[1], "outputs")
    folder = Path("outputs") / whole.parent.name / whole.name
    config = (folder / "config.yaml").read_text().replace(f"{whole.parents[2]}/", "")
    (folder / "config.yaml").write_text(config)
    return folder


@pytest.fixture
def plant(here, monkeypatch) -> Iterator[Callable[[str], str]]:
    """plant(body) -> the name of a new module that can be imported."""
    monkeypatch.syspath_prepend(here)
    names = [f"planted_{here.name}_{n}" for n in range(3)]

    def write(body: str) -> str:
        name = names.pop()
        (here / f"{name}.py").write_text(body)
        return name

    yield write
    for name in [name for name in sys.modules if name.startswith(f"planted_{here.name}")]:
        del sys.modules[name]


def find_run(name: str = "adhoc") -> Path:
    """The one run of an experiment."""
    (folder,) = (path.parent for path in Path("outputs", name).glob("*/run.json"))
    return folder


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# Kill points: each changes this (forked) process so that it dies there.


def die_at_row(step: int, *, torn: bool = False) -> None:
    add = RunRecord.add_row

    def add_row(self, row):
        add(self, row)
        if row["step"] >= step:
            if torn:
                with (self.folder / "train.jsonl").open("a") as file:
                    file.write('{"step": 99, "lo')
            kill()

    RunRecord.add_row = add_row


def die_while_saving(number: int) -> None:
    calls = []
    replace = os.replace

    def counted(source, target):
        calls.extend([target] if Path(target).name == "last.ckpt" else [])
        if len(calls) == number:
            kill()
        replace(source, target)

    os.replace = counted


def die_after_saving(step: int) -> None:
    save = Recording.pause

    def and_die(self, trainer, module):
        save(self, trainer, module)
        if trainer.global_step == step:
            kill()

    Recording.pause = and_die


def die_before_facts(name: str) -> None:
    update = RunRecord.update

    def or_die(self, **facts):
        if name in facts:
            kill()
        update(self, **facts)

    RunRecord.update = or_die


def die_before_file(name: str, number: int) -> None:
    calls = []
    write = run_record.write_whole

    def or_die(path, content, **how):
        calls.extend([path] if path.name == name else [])
        if len(calls) == number:
            kill()
        write(path, content, **how)

    run_record.write_whole = or_die


KILLS = {
    "before_the_first_row": lambda: die_at_row(1),
    "before_the_first_checkpoint": lambda: die_at_row(4),
    "with_a_torn_row_before_the_first_checkpoint": lambda: die_at_row(4, torn=True),
    "while_the_first_checkpoint_is_renamed": lambda: die_while_saving(1),
    "right_after_a_checkpoint": lambda: die_after_saving(5),
    "between_two_log_steps_after_a_checkpoint": lambda: die_at_row(8),
    "with_a_torn_row_after_a_checkpoint": lambda: die_at_row(8, torn=True),
    "while_the_second_checkpoint_is_renamed": lambda: die_while_saving(2),
    "at_the_last_row": lambda: die_at_row(12),
    "before_the_record_knows_the_weights": lambda: die_before_facts("tokens_per_second"),
    "before_the_first_scores_are_written": lambda: die_before_file("scores.jsonl", 1),
    "before_the_record_knows_the_first_scores": lambda: die_before_facts("evaluations"),
    "before_the_second_scores_are_written": lambda: die_before_file("scores.jsonl", 2),
    "before_the_record_is_done": lambda: die_before_facts("scored_at"),
}


def test_two_runs_of_one_config_are_bit_identical(here, whole, compose_config):
    outcome = runs.run(compose_config)
    assert outcome.status == "done" and outcome.folder.name == whole.name
    assert runs.result_of(outcome.folder) == runs.result_of(whole)


def test_another_seed_gives_other_weights(here, whole, compose_config):
    folder = runs.run(compose_config, {"weight_seed": 1, "evaluation": "[bits_per_byte]"}).folder
    ours, theirs = runs.result_of(folder), runs.result_of(whole)
    assert ours["digest"] != theirs["digest"] and ours["rows"][0]["loss"] != theirs["rows"][0]["loss"]


def test_intervals_logger_and_workers_change_no_weight(here, whole, compose_config):
    changed = {"record.log_steps": 5, "record.validate_steps": 0, "record.checkpoint_steps": 1, "workers": 1}
    folder = runs.run(
        compose_config, changed | {"logger": "csv", "name": "other", "evaluation": "[bits_per_byte]"}
    ).folder
    assert folder.name == whole.name
    assert runs.facts_of(folder)["digests"] == runs.facts_of(whole)["digests"]
    assert [row["step"] for row in runs.rows_of(folder / "train.jsonl")] == [5, 10, 12]


@pytest.mark.parametrize("point", KILLS)
def test_a_killed_run_ends_as_if_it_had_not_been(point, here, whole, compose_config):
    def run_and_die():
        KILLS[point]()
        runs.run(compose_config)

    assert runs.in_child(run_and_die) == -signal.SIGKILL
    assert all(runs.facts_of(path.parent)["status"] == "running" for path in Path("outputs").rglob("run.json"))
    outcome = runs.run(compose_config)
    assert outcome.status == "done"
    assert runs.result_of(outcome.folder) == runs.result_of(whole)
    assert runs.run(compose_config).said == "already done"


def test_a_run_killed_again_and_again_ends_as_if_it_had_not_been(here, whole, compose_config):
    def run_and_die(step):
        die_at_row(step)
        runs.run(compose_config, {"record.checkpoint_steps": 1})

    for step in (4, 6, 8, 10):
        assert runs.in_child(lambda step=step: run_and_die(step)) == -signal.SIGKILL
    outcome = runs.run(compose_config)
    assert runs.result_of(outcome.folder) == runs.result_of(whole)


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_stop_that_was_asked_for_writes_a_checkpoint_and_says_how_to_go_on(asked, here, whole, compose_config, capfd):
    def run_and_ask():
        add = RunRecord.add_row

        def add_row(self, row):
            add(self, row)
            if row["step"] == 8 and "loss" in row:
                os.kill(os.getpid(), asked)

        RunRecord.add_row = add_row
        return runs.typed("train", *runs.words({"record.checkpoint_steps": 0}))

    assert runs.in_child(run_and_ask) == 130
    err = capfd.readouterr().err
    typed = next(line for line in err.splitlines() if line.strip().startswith("python "))
    assert "Traceback" not in err and "scripts/train.py source=text_file" in typed and "model.dropout=0.1" in typed
    assert saved.read_checkpoint(find_run() / "checkpoints" / "last.ckpt")["global_step"] == 8
    assert runs.facts_of(find_run())["status"] == "running"
    assert runs.typed("train", *shlex.split(typed)[2:]) == 0
    assert "from step 8" in capfd.readouterr().out
    assert runs.result_of(find_run()) == runs.result_of(whole)


def test_a_stop_asked_for_between_two_steps_is_answered_with_a_checkpoint_too(here, whole, compose_config):
    def run_and_ask():
        def ask(module, *_):
            if module.trainer.global_step == 8:  # after the hook that saves, before Lightning looks for signals itself
                os.kill(os.getpid(), signal.SIGTERM)

        LightningLM.on_train_batch_end = ask
        return runs.typed("train", *runs.words({"record.checkpoint_steps": 0}))

    assert runs.in_child(run_and_ask) == 130
    assert saved.read_checkpoint(find_run() / "checkpoints" / "last.ckpt")["global_step"] == 9
    assert runs.result_of(runs.run(compose_config, {"record.checkpoint_steps": 0}).folder) == runs.result_of(whole)


def test_a_second_ctrl_c_stops_at_once_and_says_how_to_go_on_too(here, whole, compose_config, capfd):
    def run_and_ask():
        add = RunRecord.add_row

        def add_row(self, row):
            add(self, row)
            if row["step"] == 8:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)

        RunRecord.add_row = add_row
        return runs.typed("train", *runs.words())

    assert runs.in_child(run_and_ask) == 130
    assert "python scripts/train.py" in capfd.readouterr().err
    assert runs.result_of(runs.run(compose_config).folder) == runs.result_of(whole)


def test_ctrl_c_during_evaluation_says_how_to_go_on(here, whole, compose_config, capfd):
    def run_and_ask():
        def ask(*_):
            os.kill(os.getpid(), signal.SIGINT)

        RunRecord.add_scores = ask
        return runs.typed("train", *runs.words())

    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert runs.in_child(run_and_ask) == 130
    assert "python scripts/train.py" in capfd.readouterr().err
    assert runs.result_of(runs.run(compose_config).folder) == runs.result_of(whole)


def test_a_finished_run_keeps_its_weights_only(whole):
    assert [path.name for path in (whole / "checkpoints").iterdir()] == ["weights.safetensors"]
    left = [path for path in whole.rglob(".*") if path.name != ".lock"]
    assert not left, left


# Which finished runs are made again.


def stamp(folder: Path) -> int:
    return (folder / "checkpoints" / "weights.safetensors").stat().st_mtime_ns


def test_a_new_evaluation_is_asked_of_the_trained_weights(finished, compose_config):
    before, weights = runs.rows_of(finished / "scores.jsonl"), stamp(finished)
    changed = {"evaluation": "[bits_per_byte,position_in_context,length_sweep]", "evaluation.length_sweep.targets": 64}
    changed |= {
        "evaluation.length_sweep.tokens": 64,
        "evaluation.length_sweep.k": 8,
        "evaluation.length_sweep.factors": "[1]",
    }
    outcome = runs.run(compose_config, changed)
    assert outcome.status == "done" and outcome.folder == finished and stamp(finished) == weights
    after = runs.rows_of(finished / "scores.jsonl")
    assert after[: len(before)] == before
    assert {row["evaluation"] for row in after[len(before) :]} == {"length_sweep"}


def test_a_changed_evaluation_counts_and_so_does_the_one_before_when_asked_again(finished, compose_config):
    first = runs.facts_of(finished)["evaluations"]
    runs.run(compose_config, {"evaluation.bits_per_byte.tokens": 256})
    assert runs.facts_of(finished)["evaluations"]["bits_per_byte"] != first["bits_per_byte"]
    runs.run(compose_config)
    assert runs.facts_of(finished)["evaluations"] == first
    assert runs.run(compose_config).status == "kept"
    scores = runs.rows_of(finished / "scores.jsonl")
    assert len({row["evaluation_id"] for row in scores if row["evaluation"] == "bits_per_byte"}) == 2


def test_an_evaluation_asked_later_does_not_make_a_run_stale(here, compose_config, monkeypatch):
    monkeypatch.delitem(sys.modules, "wordorder.evaluation.length_sweep", raising=False)
    runs.run(compose_config, {"evaluation": "[bits_per_byte]"})
    small = {"evaluation.length_sweep.targets": 64, "evaluation.length_sweep.factors": "[1]"}
    small |= {
        "evaluation.length_sweep.tokens": 64,
        "evaluation.length_sweep.k": 8,
        "evaluation": "[bits_per_byte,length_sweep]",
    }
    runs.run(compose_config, small)
    assert runs.run(compose_config, small).said == "already done"


@pytest.mark.parametrize(
    ("state", "rerun", "again"),
    [
        ("done", "no", False),
        ("done", "stale", False),
        ("done", "failed", False),
        ("done", "all", True),
        ("stale", "no", False),
        ("stale", "stale", True),
        ("stale", "failed", False),
        ("failed", "no", False),
        ("failed", "stale", False),
        ("failed", "failed", True),
        ("failed", "all", True),
    ],
)
def test_rerun_makes_again_what_it_says(state, rerun, again, finished, whole, compose_config, monkeypatch):
    code = "edited" if state == "stale" else runs.facts_of(finished)["code"]
    monkeypatch.setattr(identity, "code_digest", lambda *_: code)
    if state == "failed":
        RunRecord(finished).update(status="failed", reason="it was the weather")
    before = stamp(finished)
    outcome = runs.run(compose_config, {"rerun": rerun})
    assert (stamp(finished) != before) == again
    if again:
        assert outcome.status == "done" and runs.result_of(finished) == runs.result_of(whole)
    elif state == "failed":
        assert outcome.status == "failed" and "it was the weather" in outcome.said and "rerun=failed" in outcome.said
    else:
        assert outcome.status == "kept" and ("rerun=stale" in outcome.said) == (state == "stale")


def test_the_reason_of_an_earlier_failure_stays_in_the_record(finished, compose_config):
    RunRecord(finished).update(status="failed", reason="it was the weather")
    runs.run(compose_config, {"rerun": "failed"})
    assert runs.facts_of(finished)["earlier"] == ["it was the weather"]


def test_a_stopped_rerun_goes_on_by_the_same_command(finished, whole, compose_config, capfd):
    def run_and_die():
        die_at_row(8)
        runs.run(compose_config, {"rerun": "all"})

    assert runs.in_child(run_and_die) == -signal.SIGKILL
    capfd.readouterr()
    runs.run(compose_config, {"rerun": "all"})
    assert "from step 5" in capfd.readouterr().out
    assert runs.result_of(finished) == runs.result_of(whole)


# Runs that fail.


def assert_failed_cleanly(folder: Path) -> str:
    """The record of a diverged run: rows kept and finite, no weights that are not finite; returns the reason."""
    facts = runs.facts_of(folder)
    assert facts["status"] == "failed" and not (folder / "checkpoints" / "weights.safetensors").exists()
    assert facts["diverged"] is True
    for row in runs.rows_of(folder / "train.jsonl") if (folder / "train.jsonl").exists() else []:
        assert all(np.isfinite(value) for value in row.values()), row
    checkpoint = folder / "checkpoints" / "last.ckpt"
    if checkpoint.exists():
        for name, weight in saved.read_checkpoint(checkpoint)["state_dict"].items():
            assert torch.isfinite(weight).all(), name
    return facts["reason"]


def test_a_learning_rate_that_is_too_high_fails_with_the_step_and_the_way_out(here, capfd):
    changed = {"optimizer.lr": 1e9, "record.checkpoint_steps": 1, "trainer.budget": 60, "record.validate_steps": 0}
    assert runs.typed("train", *runs.words(changed)) == 1
    reason = assert_failed_cleanly(find_run())
    assert "loss of step" in reason and "optimizer.lr (now 1000000000.0)" in reason and "schedule.warmup" in reason
    said = capfd.readouterr()
    assert "loss of step" in said.out and "Traceback" not in said.err
    assert runs.typed("train", *runs.words(changed)) == 1
    assert "rerun=failed tries again" in capfd.readouterr().out


def test_a_loss_that_is_not_a_number_names_its_step_and_keeps_the_rows_before(here, plant):
    target = f"{plant(PLANTED)}.Failing"
    planted = {"position": "none", "position._target_": target, "+position.at": 6, "+position.factor": "nan"}
    changed = planted | {"record.checkpoint_steps": 1, "record.validate_steps": 4, "record.log_steps": 1}
    assert runs.typed("train", *runs.words(changed)) == 1
    folder = find_run()
    assert assert_failed_cleanly(folder).startswith("the loss of step 7 is nan")
    assert [row["step"] for row in runs.rows_of(folder / "train.jsonl")] == [1, 2, 3, 4, 4, 5, 6]
    assert saved.read_checkpoint(folder / "checkpoints" / "last.ckpt")["global_step"] == 6


@pytest.mark.parametrize("budget", [1, 12], ids=["in_the_last_step", "in_the_first_step"])
def test_weights_that_a_step_made_infinite_are_never_kept(budget, here, capfd):
    changed = {"optimizer.lr": 1e38, "optimizer.weight_decay": 10.0, "schedule.warmup": 0.0, "trainer.budget": budget}
    assert runs.typed("train", *runs.words(changed | {"record.checkpoint_steps": 1})) == 1
    assert_failed_cleanly(find_run())
    assert "Traceback" not in capfd.readouterr().err


def test_a_model_whose_answers_overflow_has_scores_that_say_so(here, compose_config, monkeypatch):
    changed = {"optimizer.lr": 1e25, "optimizer.weight_decay": 0.0, "schedule.warmup": 0.0, "trainer.budget": 1}
    outcome = runs.run(compose_config, changed | {"record.validate_steps": 0, "evaluation": "[bits_per_byte]"})
    scores = runs.rows_of(outcome.folder / "scores.jsonl")
    assert [(row["value"], row["why"]) for row in scores] == [(None, "the model's answer is nan")] * 2


# Warm starts.

STILL = {"optimizer.lr": 1e-12, "trainer.budget": 1, "record.checkpoint_steps": 0, "evaluation": "[bits_per_byte]"}


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "checkpoints" / "weights.safetensors")


def test_a_warm_start_takes_all_weights_over(here, whole, compose_config):
    warm = runs.run(compose_config, STILL | {"initialize_from": whole, "weight_seed": 5}).folder
    for name, weight in weights_of(whole).items():
        np.testing.assert_allclose(weights_of(warm)[name], weight, atol=1e-9, err_msg=name)
    lineage = runs.facts_of(warm)["initialized_from"]
    parent = runs.facts_of(whole)
    assert lineage == {
        "run": str(whole),
        "training": parent["training"],
        "weights": parent["digests"]["weights"],
        "tokens": runs.STEPS * 4 * 16,
        "before": {},
    }
    again = runs.run(compose_config, STILL | {"initialize_from": warm, "weight_seed": 6}).folder
    assert runs.facts_of(again)["initialized_from"]["before"] == lineage


def test_a_warm_start_draws_the_weights_of_another_scheme_afresh(here, whole, compose_config):
    changed = STILL | {"position.init_std": 0.05, "weight_seed": 5}
    warm = weights_of(runs.run(compose_config, changed | {"initialize_from": whole}).folder)
    cold = weights_of(runs.run(compose_config, changed).folder)
    theirs = weights_of(whole)
    for name in warm:
        origin, other = (cold, theirs) if name.startswith("position.") else (theirs, cold)
        np.testing.assert_allclose(warm[name], origin[name], atol=1e-9, err_msg=name)
        if "norm" not in name:
            assert not np.allclose(warm[name], other[name], atol=1e-4), name


def test_a_warm_start_on_another_text_keeps_the_tokenizer(here, compose_config):
    (here / "other.txt").write_text("Où est l'été ? Ça y est.\n\n" * 2000, encoding="utf-8")
    (here / "my.txt").write_text("Größe über alles, schöne Wörter.\n\n" * 2000, encoding="utf-8")
    changed = STILL | {"tokenizer": "char"}
    first = runs.run(compose_config, changed).folder
    warm = runs.run(compose_config, changed | {"source.train": "other.txt", "initialize_from": first}).folder
    cold = runs.run(compose_config, changed | {"source.train": "other.txt"}).folder
    made = [(folder / "tokenizer" / "tokenizer.json").read_bytes() for folder in (first, warm, cold)]
    assert made[1] == made[0] != made[2]
    assert warm.name != cold.name and runs.facts_of(warm)["digests"]["data"] == runs.facts_of(cold)["digests"]["data"]


def test_a_warm_start_from_another_model_names_the_keys_that_differ(finished, compose_config):
    with pytest.raises(InputError, match=r"model\.d_ff=32 there, 48 here; model\.dropout=0\.1 there, 0\.0 here"):
        runs.make_job(compose_config, {"initialize_from": finished, "model.d_ff": 48, "model.dropout": 0.0})
    with pytest.raises(InputError, match=r"another tokenizer: tokenizer\._target_='wordorder\.tokenizer\.byte\.Byte'"):
        runs.make_job(compose_config, {"initialize_from": finished, "tokenizer": "char"})


def test_a_warm_start_from_an_unfinished_or_missing_run_is_refused(finished, compose_config):
    with pytest.raises(InputError, match=f"did you mean {finished}"):
        runs.make_job(compose_config, {"initialize_from": f"{finished}x"})
    (finished / "checkpoints" / "weights.safetensors").unlink()
    with pytest.raises(InputError, match="is not trained to the end"):
        runs.make_job(compose_config, {"initialize_from": finished})


# The way back from a folder.


def test_load_gives_the_model_that_was_trained(whole):
    model, tokenizer, config = wordorder.load(whole)
    scheme = make(config["position"], "position")
    other = make(config["model"], "model", vocab_size=tokenizer.n_ids, position=scheme)
    other.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights_of(whole).items()})
    ids = torch.from_numpy(tokenizer.encode("a word or two of"))[None]
    assert not model.training and config["seed"] == 0 and tokenizer.decode(ids[0]) == "a word or two of"
    torch.testing.assert_close(model(ids), other.eval()(ids), rtol=0, atol=0)


def test_the_scores_are_those_of_the_weights_in_the_folder(whole):
    """By another route: nats of the test split's first documents, from the loaded model, one token at a time in windows."""
    model, tokenizer, config = wordorder.load(whole)
    source = make(config["source"], "source")
    ids = [tokenizer.end_id]
    for document in source.documents("test"):
        ids += [*tokenizer.encode(document.text), tokenizer.end_id]
    (row,) = (row for row in runs.rows_of(whole / "scores.jsonl") if row["metric"] == "bits_per_byte_with_end")
    n_targets, length = len(ids) - 1, 16
    assert row["count"] == n_targets
    bits = 0.0
    with torch.no_grad():
        for first in range(0, n_targets, length):
            start = min(first, n_targets - length)
            logits = model(torch.tensor([ids[start : start + length]])).double().log_softmax(-1)[0]
            bits -= sum(float(logits[t - start, ids[t + 1]]) for t in range(first, min(first + length, n_targets)))
    n_bytes = n_targets - sum(token == tokenizer.end_id for token in ids[1:])
    assert row["value"] == pytest.approx(bits / np.log(2) / n_bytes, rel=1e-6)


def test_load_refuses_a_foreign_class_unless_it_is_allowed(finished, whole, plant):
    module = plant("from wordorder.position.learned import Learned\n\n\nclass Foreign(Learned):\n    pass\n")
    config = (finished / "config.yaml").read_text()
    (finished / "config.yaml").write_text(config.replace("wordorder.position.learned.Learned", f"{module}.Foreign"))
    with pytest.raises(InputError, match=rf"position\._target_={module}\.Foreign .* allow=\[{module}\]"):
        wordorder.load(finished)
    assert module not in sys.modules  # not even imported
    model, _, _ = wordorder.load(finished, allow=(module,))
    assert type(model.position).__name__ == "Foreign"
    ids = torch.arange(10)[None]
    torch.testing.assert_close(model(ids), wordorder.load(whole)[0](ids), rtol=0, atol=0)


def test_load_refuses_a_tokenizer_that_is_not_the_run_s_own(finished):
    state = (finished / "tokenizer" / "tokenizer.json").read_text().replace('"61"', '"62"')
    (finished / "tokenizer" / "tokenizer.json").write_text(state)
    with pytest.raises(InputError, match="tokenizer.json is not the tokenizer"):
        wordorder.load(finished)


def test_read_gives_the_scores_as_a_table(finished):
    table = wordorder.read("adhoc")
    scores = runs.rows_of(finished / "scores.jsonl")
    assert [None if np.isnan(value) else value for value in table["value"]] == [row["value"] for row in scores]
    assert set(table["run"]) == {finished.name} and set(table["position"]) == {"learned"}


# Commands.


def test_evaluate_adds_missing_scores_only(finished, capfd):
    before = runs.rows_of(finished / "scores.jsonl")
    same = ["evaluation.bits_per_byte.tokens=512"]
    assert runs.typed("evaluate", f"run={finished}", "evaluation=[bits_per_byte]", *same) == 0
    assert "already known: bits_per_byte" in capfd.readouterr().out
    assert runs.rows_of(finished / "scores.jsonl") == before
    sweep = ["length_sweep.targets=64", "length_sweep.tokens=64", "length_sweep.k=8", "length_sweep.factors=[1,2]"]
    more = [*same, *(f"evaluation.{word}" for word in sweep)]
    assert runs.typed("evaluate", "experiment=adhoc", "evaluation=[bits_per_byte,length_sweep]", *more) == 0
    after = runs.rows_of(finished / "scores.jsonl")
    assert after[: len(before)] == before
    assert {row["evaluation"] for row in after[len(before) :]} == {"length_sweep"}
    assert "ends at position 16" in capfd.readouterr().out  # not applicable, and why


def test_evaluate_gives_the_scores_that_training_would_have_given(finished):
    trained = runs.rows_of(finished / "scores.jsonl")
    for name in ("scores.jsonl", "items.parquet"):
        (finished / name).unlink()
    RunRecord(finished).update(evaluations={})
    tokens = [f"evaluation.{name}.tokens=512" for name in ("bits_per_byte", "position_in_context")]
    assert runs.typed("evaluate", f"run={finished}", "evaluation=[bits_per_byte,position_in_context]", *tokens) == 0
    assert runs.rows_of(finished / "scores.jsonl") == trained


def test_evaluate_under_another_rule_leaves_the_own_scores_alone(here, capfd):
    assert runs.typed("train", *runs.words({"position": "rope"})) == 0
    (trained,) = Path("outputs/adhoc").glob("rope-*")
    before = wordorder.read("adhoc").query("evaluation == 'bits_per_byte'")
    words = ("evaluation=[bits_per_byte]", "position.theta=100")
    assert runs.typed("evaluate", f"run={trained}", *words) == 0
    scores = wordorder.read("adhoc")
    own, other = (scores[scores["evaluation"] == name] for name in ("bits_per_byte", "bits_per_byte (theta=100)"))
    assert own["value"].tolist() == before["value"].tolist() != other["value"].tolist()
    assert runs.typed("evaluate", f"run={trained}", *words) == 0
    assert "already known: bits_per_byte (theta=100)" in capfd.readouterr().out


def test_a_scheme_that_cannot_work_with_the_vocabulary_says_so_before_the_run_begins(here, capfd):
    (here / "my.txt").write_text("".join(f"{n} and {n} are {2 * n}.\n\n" for n in range(1000, 4000)))
    typed = runs.words({"position": "coupled", "tokenizer": "bpe"})
    assert runs.typed("train", *typed, "tokenizer.vocab_size=400") == 1
    err = capfd.readouterr().err
    assert "position: coupled needs each digit to be a token" in err and "use tokenizer=byte" in err
    assert "Traceback" not in err and not list(Path("outputs").glob("*/*/run.json"))


def test_evaluate_refuses_a_text_that_has_changed(finished, here, capfd):
    with (here / "my.txt").open("a") as file:
        file.write("One more line.\n")
    assert runs.typed("evaluate", f"run={finished}", "evaluation=[bits_per_byte]") == 1
    assert "its file has changed" in capfd.readouterr().err


SWEEP = {"name": "grid", "trainer.budget": 4, "evaluation": "[bits_per_byte]"}


def test_a_sweep_trains_all_runs_and_compares_them(here, capfd):
    changed = SWEEP | {"position": "none,learned", "seed": "0,1"}
    assert runs.typed("train", "-m", *runs.words(changed), "hydra.launcher.n_jobs=2", "compare.baseline=none") == 0
    out = capfd.readouterr().out
    assert "4 runs, 2 at a time" in out and "report: outputs/grid/compare/report.html" in out
    assert "learned" in Path("outputs/grid/compare/report.html").read_text()
    folders = sorted(path.parent.name.rsplit("-", 1)[0] for path in Path("outputs/grid").glob("*/run.json"))
    assert folders == [f"{name}-byte-text_file-s{seed}" for name in ("learned", "none") for seed in (0, 1)]
    assert len(wordorder.read("grid")) == 8
    assert runs.typed("compare", "experiment=grid", "compare.baseline=learned", "logger=none") == 0
    assert "none" in capfd.readouterr().out


def test_a_run_is_the_same_alone_and_in_a_sweep(here):
    alone = runs.words(SWEEP | {"name": "alone", "seed": 1})
    assert runs.typed("train", "-m", *runs.words(SWEEP | {"seed": "1,2"}), "hydra.launcher.n_jobs=2") == 0
    assert runs.typed("train", *alone) == 0
    (folder,) = (path.parent for path in Path("outputs/grid").glob("*-s1-*/run.json"))
    assert runs.result_of(folder) == runs.result_of(find_run("alone"))


def test_a_diverging_arm_costs_the_others_nothing(here, capfd):
    changed = SWEEP | {"optimizer.lr": "1e9,0.002", "trainer.budget": 60, "record.validate_steps": 0}
    assert runs.typed("train", "-m", *runs.words(changed)) == 1
    statuses = {path.parent: runs.facts_of(path.parent)["status"] for path in Path("outputs/grid").glob("*/run.json")}
    assert sorted(statuses.values()) == ["done", "failed"]
    assert "loss of step" in capfd.readouterr().out and Path("outputs/grid/compare/report.html").exists()


def test_a_sweep_that_is_told_to_stop_leaves_checkpoints_and_says_how_to_go_on(here, monkeypatch, capfd):
    changed = SWEEP | {"trainer.budget": 4000, "weight_seed": "0,1", "record.checkpoint_steps": 0}
    wait, asked = pool.wait, []

    def wait_and_ask(answers, timeout):
        ready = wait(answers, timeout)
        begun = [path for path in Path("outputs/grid").glob("*/train.jsonl") if path.stat().st_size]
        if len(begun) == 2 and not asked:
            asked.append(os.kill(os.getpid(), signal.SIGTERM))
        return ready

    monkeypatch.setattr(pool, "wait", wait_and_ask)
    assert runs.typed("train", "-m", *runs.words(changed), "hydra.launcher.n_jobs=2") == 130
    err = capfd.readouterr().err
    assert "python scripts/train.py -m source=text_file" in err and "Traceback" not in err
    folders = [path.parent for path in Path("outputs/grid").glob("*/run.json")]
    assert [runs.facts_of(folder)["status"] for folder in folders] == ["running"] * 2
    for folder in folders:
        assert 0 < saved.read_checkpoint(folder / "checkpoints" / "last.ckpt")["global_step"] < 4000


def test_a_defect_of_a_scheme_is_recorded_with_its_traceback(here, compose_config, plant):
    target = f"{plant(PLANTED.replace('else 1.0', 'else 1 / (pos - 3)'))}.Failing"
    planted = {"position": "none", "position._target_": target, "+position.at": 6, "+position.factor": 1.0}
    job = runs.make_job(compose_config, planted)
    with pytest.raises(ZeroDivisionError):
        train(job)
    facts = runs.facts_of(job.folder)
    assert facts["status"] == "failed" and facts["reason"].startswith("ZeroDivisionError")
    assert target.split(".")[0] in (job.folder / "traceback.txt").read_text()
    assert runs.rows_of(job.folder / "train.jsonl")[0]["step"] == 2
