"""The comparison of an experiment of many runs: time and peak memory of `compare.py`, start and imports included.

It is judged by its processor seconds, which on an idle machine are those of the clock and on a busy one are not bent. The
run folders are written into a temporary folder: real configs of the quickstart, each scheme at several learning rates,
with invented numbers in files of the sizes that the quickstart leaves. Each round is a process of its own.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from statistics import median

import pandas as pd
import yaml
from benchmarks.measure import Report, Row
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wordorder.check import Config, conf_dir

COMPARE = Path(__file__).resolve().parents[1] / "compare.py"
SCHEMES = ("none", "sinusoidal", "learned", "rope", "alibi")
LENGTHS = {1: 128, 2: 256, 4: 512, 8: 1024}  # of the sweep, by factor
MOST_SECONDS, MOST_MEGABYTES = 20.0, 1000.0
STEPS, TOKENS_A_STEP, DOCUMENTS = 684, 1024, 54


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rates", type=int, default=4, help="learning rates of each of the five schemes; an arm each")
    parser.add_argument("--seeds", type=int, default=10, help="runs of an arm")
    parser.add_argument("--log-rows", type=int, default=700, help="rows of training in train.jsonl")
    parser.add_argument("--rounds", type=int, default=3)


def measure(arguments: argparse.Namespace) -> Report:
    """One row: the medians of the rounds, and whether all of them keep within the bounds."""
    with tempfile.TemporaryDirectory() as name:
        outputs = Path(name) / "outputs"
        for config, choices in read_configs(arguments.rates):
            for seed in range(arguments.seeds):
                write_run(outputs / "many", config, choices, seed=seed, log_rows=arguments.log_rows)
        size = sum(file.stat().st_size for file in outputs.rglob("*") if file.is_file())
        rounds = [compare_once(outputs) for _ in range(arguments.rounds)]
    clock, processor, megabytes = zip(*rounds, strict=True)
    row: Row = {"arms": len(SCHEMES) * arguments.rates, "runs": len(SCHEMES) * arguments.rates * arguments.seeds}
    row |= {"files MB": size / 1e6, "clock s": median(clock), "processor s": median(processor)}
    row |= {"peak MB": median(megabytes)}
    within = max(processor) < MOST_SECONDS and max(megabytes) < MOST_MEGABYTES
    row |= {f"within {MOST_SECONDS:.0f} s and {MOST_MEGABYTES:,.0f} MB": "yes" if within else "no"}
    settings = {"log_rows": arguments.log_rows, "rounds": arguments.rounds}
    return Report("report", settings, {"comparison and page of many runs": [row]})


def compare_once(outputs: Path) -> tuple[float, float, float]:
    """Seconds of the clock and of the processor, and peak resident megabytes, from the command to its end."""
    words = ["experiment=many", f"output_dir={outputs}", "compare.baseline=", "logger=none"]
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(COMPARE), *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"compare.py ended with exit code {process.returncode}")
    megabytes = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, megabytes


def read_configs(rates: int) -> Iterator[tuple[Config, dict[str, str]]]:
    """The config of each arm, and its choices."""
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        for scheme, number in product(SCHEMES, range(rates)):
            words = [f"position={scheme}", f"optimizer.lr={0.002 / 2**number}", "name=many"]
            config = compose("train", overrides=words, return_hydra_config=True)
            choices = {k: v for k, v in config.hydra.runtime.choices.items() if isinstance(v, str) and "hydra" not in k}
            own = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
            yield OmegaConf.to_container(own, resolve=True), choices


def write_run(folder: Path, config: Config, choices: dict[str, str], *, seed: int, log_rows: int) -> None:
    """One run folder: config.yaml, run.json, train.jsonl, scores.jsonl and items.parquet."""
    draw = random.Random(f"{choices['position']} {config['optimizer']['lr']} {seed}")
    identity = f"{draw.getrandbits(256):064x}"
    run = folder / f"{choices['position']}-bpe-python_docs-s{seed}-{identity[:8]}"
    run.mkdir(parents=True)
    seeds = {"seed": seed, "weight_seed": seed, "data_seed": seed}
    (run / "config.yaml").write_text(yaml.safe_dump(config | seeds, sort_keys=False), encoding="utf-8")
    facts = make_facts(run.name, choices, identity, seed)
    (run / "run.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    write_rows(run / "train.jsonl", make_training(draw, log_rows))
    write_rows(run / "scores.jsonl", make_scores(draw, facts["evaluations"], choices["position"]))
    make_items(draw, facts["evaluations"]).to_parquet(run / "items.parquet", index=False)


def make_facts(run: str, choices: dict[str, str], identity: str, seed: int) -> Row:
    digests = {"data": "d" * 64, "tokenizer": "a" * 64, "weights": identity}
    return {
        "run": run,
        "experiment": "many",
        "status": "done",
        "reason": "",
        "choices": choices,
        "seeds": {"weight": seed, "data": seed},
        "training": identity,
        "code": "c" * 64,
        "command": "python scripts/train.py experiment=many",
        "commit": "0" * 40,
        "dirty": False,
        "versions": {"python": "3.11.7", "torch": "2.13.0"},
        "host": {"name": "bench", "system": "Linux", "processor": "CPU"},
        "device": "cpu",
        "kernel": "sdpa",
        "parameters": {"total": 918_784, "position": 0, "embedding": 131_200, "rest": 787_584},
        "optimizer_groups": {"decayed": [f"blocks.{n}.weight" for n in range(24)], "not_decayed": []},
        "context_length": 128,
        "steps": STEPS,
        "digests": digests,
        "vocabulary": {"requested": 1024, "actual": 1024, "lossless": True},
        "text": {"bytes_per_token": 2.5},
        "tokens": STEPS * TOKENS_A_STEP,
        "bytes": 2.5 * STEPS * TOKENS_A_STEP,
        "seconds": 85.0 + seed,
        "tokens_per_second": 8000.0 + seed,
        "evaluations": {name: f"{name}-{identity[:32]}" for name in ("bits_per_byte", "length_sweep", "position_in_context")},
        "memory_bytes": 500_000_000,
    }  # fmt: skip


def make_training(draw: random.Random, log_rows: int) -> Iterator[Row]:
    """Rows of training, and after every tenth one of validation."""
    for number in range(1, log_rows + 1):
        at: Row = {"step": number, "tokens": number * TOKENS_A_STEP}
        bits = 2.4 + 5 / (1 + number / 20) + draw.gauss(0, 0.02)
        speed = {"grad_norm": draw.random(), "seconds": number / 8, "tokens_per_second": 8000 + draw.random()}
        yield at | {"loss": bits * 1.76, "lr": draw.random() / 500} | speed
        if number % 10 == 0:
            yield at | {"val_loss": bits * 1.76, "val_bits_per_byte": bits}


def make_scores(draw: random.Random, ids: dict[str, str], position: str) -> Iterator[Row]:
    """The rows that the three evaluations of a text write; a learned table ends at the trained length."""

    def score(evaluation: str, value: float | None, facts: Row, metric: str = "bits_per_byte") -> Row:
        row: Row = {"evaluation": evaluation, "evaluation_id": ids[evaluation], "metric": metric, "value": value}
        return row | {"count": 4096, "facts": {"split": "test"} | facts, "why": "" if value else "ends at position 128"}

    level = 2.4 + draw.gauss(0, 0.02)
    for metric in ("bits_per_byte", "bits_per_byte_with_end"):
        yield score("bits_per_byte", level, {}, metric)
    for scoring, (factor, length) in product(("last_k", "non_overlapping"), LENGTHS.items()):
        value = None if position == "learned" and factor > 1 else level + 0.01 * factor
        yield score("length_sweep", value, {"scoring": scoring, "length": length, "factor": factor})
    for first, past in [(0, 1), *((2**n, 2 ** (n + 1)) for n in range(9))]:
        value = None if position == "learned" and past > 128 else level + 1 / past
        yield score("position_in_context", value, {"length": 512, "position": first, "position_end": past})


def make_items(draw: random.Random, ids: dict[str, str]) -> pd.DataFrame:
    """A row for each scored stretch of text."""
    counts = {"bits_per_byte": DOCUMENTS, "length_sweep": 992, "position_in_context": 640}
    rows = []
    for evaluation, count in counts.items():
        for item in range(count):
            size = 400.0 + 10 * item
            row = {"evaluation": evaluation, "evaluation_id": ids[evaluation], "nats": size * draw.gauss(1.7, 0.02)}
            row |= {"bytes": size, "tokens": size / 2, "end_nats": 4.0}
            rows.append(row | {"facts": json.dumps({"split": "test", "item": item})})
    return pd.DataFrame(rows)


def write_rows(file: Path, rows: Iterator[Row]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
