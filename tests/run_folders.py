"""Run folders with known numbers, written by hand: nothing of the code under test makes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

LENGTHS = {1: 128, 2: 256, 4: 512, 8: 1024}
SWEEP: dict[str, list[float | None]] = {
    "none": [2.695, 2.712, 2.723, 2.735],
    "rope": [2.563, 2.655, 2.741, 2.865],
    "alibi": [2.560, 2.562, 2.562, 2.562],
    "sinusoidal": [2.771, 2.961, 3.155, 3.465],
    "learned": [2.600, None, None, None],
}
POSITION: dict[str, dict[str, Any]] = {
    "none": {"_target_": "wordorder.position.none.NoPE"},
    "rope": {"_target_": "wordorder.position.rope.RoPE", "head_dim": 32, "theta": 10000.0},
    "alibi": {"_target_": "wordorder.position.alibi.ALiBi", "n_heads": 4},
    "sinusoidal": {"_target_": "wordorder.position.sinusoidal.Sinusoidal", "d_model": 128},
    "learned": {"_target_": "wordorder.position.learned.Learned", "n_positions": 128},
}
ENDS = "Learned ends at position 128"


def make_rows(sweep: list[float | None], shift: float) -> list[dict[str, Any]]:
    """scores.jsonl of a run whose numbers all lie `shift` above those of SWEEP."""
    rows = [
        {"evaluation": "bits_per_byte", "metric": metric, "value": sweep[0] + extra + shift, "facts": {"split": "test"}}
        for metric, extra in (("bits_per_byte", 0.1), ("bits_per_byte_with_end", 0.11))
    ]
    for (factor, length), value in zip(LENGTHS.items(), sweep, strict=True):
        for scoring, extra in (("last_k", 0.0), ("non_overlapping", 0.2), ("window_limited", 0.1)):
            facts = {"split": "test", "length": length, "factor": factor, "scoring": scoring}
            bits = None if value is None else value + extra + shift
            rows.append({"evaluation": "length_sweep", "metric": "bits_per_byte", "value": bits, "facts": facts})
    for first, past in [(0, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 256), (256, 512)]:
        facts = {"split": "test", "length": 512, "position": first, "position_end": past}
        beyond = 0.0 if past <= 128 else (sweep[{256: 1, 512: 2}[past]] or float("nan")) - sweep[0]
        bits = None if beyond != beyond else sweep[0] + 1.2 * past**-0.5 + beyond + shift
        rows.append({"evaluation": "position_in_context", "metric": "bits_per_byte", "value": bits, "facts": facts})
    return [
        row | {"evaluation_id": "e" * 16, "count": 4096, "why": ENDS if row["value"] is None else ""} for row in rows
    ]


def make_curve(end: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for step in range(0, 701, 50):
        tokens, bits = step * 1024, end + (8.0 - end) * 2.0 ** (-step / 60)
        rows.append(
            {"step": step, "tokens": tokens, "loss": bits * 2, "lr": 0.001, "grad_norm": 1.0, "seconds": step / 10}
        )
        rows.append({"step": step, "tokens": tokens, "val_loss": bits * 2, "val_bits_per_byte": bits})
    return rows


@pytest.fixture
def add_run(tmp_path: Path) -> Callable[..., Path]:
    """Write one run folder below tmp_path/outputs/lab; returns it."""

    def add(position: str, seed: int = 0, *, shift: float = 0.0, **changes: Any) -> Path:
        facts, config = changes.pop("facts", {}), changes.pop("config", {})
        name = changes.pop("name", f"{position}-bpe-python_docs-s{seed}-{len(list(tmp_path.rglob('run.json'))):08x}")
        folder = tmp_path / "outputs" / "lab" / name
        folder.mkdir(parents=True)
        sections = {
            "model": {"_target_": "wordorder.model.transformer.Transformer", "d_model": 128, "context_length": 128},
            "position": POSITION[position] | config.pop("position", {}),
            "tokenizer": {"_target_": "wordorder.tokenizer.bpe.BPE", "vocab_size": 1024},
            "source": {"_target_": "wordorder.source.python_docs.PythonDocs", "seed": 0},
            "optimizer": {"lr": 0.001},
            "trainer": {"budget": 700000, "threads": 1},
            "weight_seed": seed,
            "data_seed": seed,
            "output_dir": f"outputs/{name}",
            "logger": {"project": name},
            "evaluation": {"bits_per_byte": {"split": "test"}},
        }
        for section, values in config.items():
            sections[section] = sections.get(section, {}) | values if isinstance(values, dict) else values
        run = {
            "run": name,
            "experiment": "lab",
            "status": "done",
            "reason": "",
            "choices": {"position": position, "tokenizer": "bpe", "source": "python_docs", "model": "nano"},
            "seeds": {"weight": seed, "data": seed},
            "training": f"{seed:064x}",
            "evaluations": dict.fromkeys(("bits_per_byte", "length_sweep", "position_in_context"), "e" * 16),
            "code": "c" * 64,
            "commit": "abc1234",
            "dirty": False,
            "versions": {"python": "3.11.9", "torch": "2.13.0"},
            "host": {"name": "bench", "system": "Linux", "processor": "Some CPU"},
            "device": "cpu",
            "kernel": "bias" if position == "alibi" else "sdpa",
            "parameters": {"total": 950_000, "position": 16384 if position == "learned" else 0},
            "context_length": 128,
            "steps": 700,
            "tokens": 700_000,
            "bytes": 2_000_000,
            "digests": {"tokenizer": "a" * 64, "data": "d" * 64, "weights": f"{seed:064x}"},
            "vocabulary": {"requested": 1024, "actual": 1024},
            "seconds": 60.0 + seed,
            "memory_bytes": 400_000_000,
            "tokens_per_second": 11_666.7,
        }
        sweep = changes.pop("sweep", SWEEP[position])
        assert not changes, changes
        (folder / "config.yaml").write_text(yaml.safe_dump(sections))
        (folder / "run.json").write_text(json.dumps(run | facts))
        write_rows(folder / "scores.jsonl", make_rows(sweep, shift))
        write_rows(folder / "train.jsonl", make_curve(sweep[0] + 0.12 + shift))
        return folder

    return add


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """The experiment's folder; add_run fills it."""
    return tmp_path / "outputs" / "lab"
