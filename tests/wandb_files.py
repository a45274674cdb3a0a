"""Offline files of wandb, read back with its own reader."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace


def read_back(folder: Path) -> SimpleNamespace:
    """The one offline run under a folder: its record of each kind, its history without what wandb adds."""
    (copy,) = folder.glob("wandb/offline-run-*")
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(copy)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    records = [json.loads(line) for line in output.splitlines()]
    pick = {kind: [r[kind] for r in records if r["type"] == kind] for kind in ("run", "config", "summary", "history")}
    history = [{k: v for k, v in item["item"].items() if not k.startswith("_")} for item in pick["history"]]
    config = {}
    for record in [pick["run"][0]["config"], *pick["config"]]:
        config |= record["update"]
    summary = {key: value for record in pick["summary"] for key, value in record.get("update", {}).items()}
    (code,) = (record["exit"].get("exit_code", 0) for record in records if record["type"] == "exit")
    steps = [item["item"]["_step"] for item in pick["history"]]
    return SimpleNamespace(
        run=pick["run"][0], config=config, summary=summary, history=history, steps=steps, exit_code=code, folder=copy
    )
