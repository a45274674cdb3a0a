"""Run folders: which there are, and what run.json and config.yaml of one say. Nothing here needs pandas, torch or Hydra."""

import json
from pathlib import Path

import yaml

from wordorder.errors import InputError
from wordorder.record.rows import Row

# libyaml's parser where PyYAML was built with it: the same values, ten times as fast
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHELVES = ("position", "tokenizer", "source", "model")  # the choices that get a column under their own name


def find_experiment(experiment: str | Path, *, output_dir: str | Path = "outputs") -> Path:
    """The folder of an experiment: output_dir/experiment, or experiment itself where that is a folder of runs."""
    for folder in (Path(output_dir) / experiment, Path(experiment)):
        if list_runs(folder):
            return folder
    parents = sorted(Path(output_dir).iterdir()) if Path(output_dir).is_dir() else []
    known = ", ".join(folder.name for folder in parents if list_runs(folder)) or "none yet"
    raise InputError(f"experiment={experiment}: no folder with runs of that name; in {output_dir} there is: {known}")


def list_runs(folder: Path) -> list[Path]:
    """The run folders of an experiment, by name; hidden folders, `_...` and `compare` are not runs."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    runs = (path for path in inside if path.name[0] not in "._" and path.name != "compare")
    return [path for path in runs if (path / "run.json").is_file() or (path / "config.yaml").is_file()]


def read_run(path: Path) -> Row:
    """run.json as it is, under the folder's own name; status is `missing` where the file is."""
    if not (path / "run.json").is_file():
        return {"run": path.name, "experiment": path.parent.name, "status": "missing", "reason": "no run.json"}
    return read_facts(path) | {"run": path.name}


def read_facts(path: Path) -> Row:
    """run.json as it is; empty where it was never written. Raises InputError for one that is damaged."""
    file = path / "run.json"
    try:
        facts = json.loads(file.read_bytes()) if file.is_file() else {}
    except ValueError as error:
        raise InputError(f"{file}: not JSON ({error}); remove the run's folder and run it again") from error
    if not isinstance(facts, dict):
        raise InputError(f"{file}: not a JSON object; remove the run's folder and run it again")
    return facts


def read_config(path: Path) -> Row:
    """A run's resolved config; empty where config.yaml was never written. Raises InputError for one that is damaged."""
    file = path / "config.yaml"
    try:
        config = yaml.load(file.read_bytes(), Loader=LOADER) if file.is_file() else {}
    except yaml.YAMLError as error:
        raise InputError(f"{file}: not YAML ({error}); remove the run's folder and run it again") from error
    if not isinstance(config, dict | None):
        raise InputError(f"{file}: not a mapping of keys; remove the run's folder and run it again")
    return config or {}
