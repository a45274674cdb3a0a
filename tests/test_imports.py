"""Who may import whom: arrows point down only, and what is heavy is imported where it is used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import runs

from wordorder import identity

SRC = Path(__file__).parents[1] / "src"
FILES = sorted(SRC.rglob("*.py"))
NAMES = {file: ".".join(file.relative_to(SRC).with_suffix("").parts) for file in FILES}
MODULES = {name.removesuffix(".__init__") for name in NAMES.values()}
# shelf -> what the things on it may be made with
SHARED = {shelf: {f"{shelf}.{name.replace('/', '.')}" for name in names} for shelf, names in identity.SHARED.items()}
MAY = {  # part of the package -> what of the package it may import
    "position": SHARED["position"] | {"errors"},
    "tokenizer": SHARED["tokenizer"] | {"errors", "whole_files"},
    "source": SHARED["source"] | {"errors"},
    "evaluation": {
        "evaluation.base",
        "evaluation.answers",
        "evaluation.calls",
        "evaluation.contexts",
        "evaluation.stream",
        "evaluation.windows",
        "evaluation.texts",
        "evaluation.majority",
        "evaluation.benefit",
        "evaluation.excerpts",
        "evaluation.quantiles",
        "position.window",
        "data",
        "tokenizer.base",
        "source.base",
        "errors",
    },
    "model": {"model", "position.base", "position.context", "position.masks", "errors"},
    "data": {"data", "tokenizer.base", "source.base", "whole_files", "errors"},
    "training": {"training", "model", "data", "evaluation.base", "record", "whole_files", "errors"},
    "record": {"record", "whole_files", "errors"},
    "compare": {"compare", "record", "errors"},
    "show": {
        "show",
        "position.base",
        "position.context",
        "position.masks",
        "position.wrapper",
        "model",
        "compare.look",
        "check",
        "errors",
    }
    | {"data", "tokenizer.base", "source.base", "text", "by_name", "input_pipeline"},
    "text": {"identity", "tokenizer.base", "tokenizer.shop", "source.base", "errors"},
    "contract": {
        "contract",
        "position.base",
        "position.context",
        "position.masks",
        "model",
        "by_name",
        "check",
        "command",
        "spelling",
        "errors",
    },
    "by_name": {"position.base", "check", "errors"},
    "input_pipeline": {
        "by_name",
        "model",
        "position.base",
        "position.context",
        "position.wrapper",
        "tokenizer.base",
        "tokenizer.vocabulary",
    },
    "hugging_face": {"hugging_face", "model", "position", "tokenizer", "check", "whole_files", "errors"},
    "errors": set(),
    "whole_files": set(),
    "check": {"errors"},
    "plan": {"plan_kinds", "errors"},
    "plan_kinds": {"errors"},
    "words": set(),
    "scalars": {"check", "folder_names", "keeping", "errors"},
    "opening": {"check", "record", "tokenizer.base", "errors"},
    "comparing": {"check", "compare", "console", "record", "errors"},
    "comparing_runs": {"comparing", "opening", "check", "compare", "console", "record", "errors"},
    "syncing": {"comparing", "opening", "check", "compare", "record", "errors"},
    "keeping": {"errors"},
    "cores": {"errors"},
    "devices": {"cores", "training.place", "errors"},
    "memory": set(),
    "sweep": {"sweep", "record", "source", "identity", "keeping", "check", "job", "whole_files", "errors"}
    | {"compare.arms", "compare.noise", "compare.paired", "compare.power", "compare.verdict"},
    "slurm": {"slurm", "sweep", "record", "whole_files", "errors"},
    "contained": set(),
    "console": set(),
}
HYDRA = {f"wordorder.{name}" for name in ("command", "commands", "override", "spelling", "contract.__main__")} | {
    "hydra_plugins"
}
THIRD_PARTY = {  # package -> where alone it may be named
    "hydra": HYDRA,
    "omegaconf": HYDRA,
    "lightning": {"wordorder.training", "wordorder.data.datamodule"},
}
NEVER = {  # part of the package -> what it must do without
    "record": {"torch", "lightning", "tokenizers"},
    "compare": {"torch", "lightning", "tokenizers"},
    "plan": {"torch", "hydra", "omegaconf"},
    "plan_kinds": {"torch", "hydra", "omegaconf"},
    "sweep": {"torch", "lightning", "tokenizers", "hydra", "omegaconf"},
    "slurm": {"torch", "lightning", "tokenizers", "hydra", "omegaconf"},
}


def imports(file: Path, *, top: bool = False) -> set[str]:
    """Full names of the modules that a file imports, anywhere or only at its top."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if top else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = NAMES[file].split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            inner = {f"{base}.{alias.name}" for alias in node.names} & MODULES
            found |= inner or {base}
    return found


def within(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def files_of(part: str) -> list[Path]:
    return [file for file in FILES if within(NAMES[file], {f"wordorder.{part}"})]


def loaded_by(module: str) -> set[str]:
    """Top-level packages in memory after the import of a module in a fresh process."""
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("part", MAY)
def test_a_part_imports_only_what_lies_below_it(part):
    assert files_of(part)
    for file in files_of(part):
        own = {name for name in imports(file) if name.split(".")[0] == "wordorder"}
        assert not [name for name in own if not within(name, {f"wordorder.{may}" for may in MAY[part]})], file


@pytest.mark.parametrize("shelf", ["position", "tokenizer", "source"])
def test_things_on_a_shelf_do_not_know_each_other(shelf):
    for file in files_of(shelf):
        names = {name for name in imports(file) if within(name, {f"wordorder.{shelf}"})}
        assert names <= {f"wordorder.{part}" for part in SHARED[shelf]}, file


@pytest.mark.parametrize("package", THIRD_PARTY)
def test_a_framework_is_named_in_its_place_only(package):
    named = {NAMES[file] for file in FILES if any(within(name, {package}) for name in imports(file))}
    assert named
    assert not [name for name in named if not within(name, THIRD_PARTY[package])]


@pytest.mark.parametrize("part", NEVER)
def test_a_part_does_without(part):
    for file in files_of(part):
        assert not {name.split(".")[0] for name in imports(file)} & NEVER[part], file


@pytest.mark.parametrize("part", ["position", "model"])
def test_position_and_model_need_torch_alone(part):
    for file in files_of(part):
        packages = {name.split(".")[0] for name in imports(file)}
        assert packages - set(sys.stdlib_module_names) <= {"torch", "wordorder"}, file


def test_only_a_yaml_names_a_particular_scheme_tokenizer_or_source():
    shelves = {f"wordorder.{shelf}" for shelf in ("position", "tokenizer", "source")}
    bases = {f"wordorder.{part}" for parts in SHARED.values() for part in parts} | shelves
    for file in FILES:
        if NAMES[file].startswith("wordorder.hugging_face."):
            continue  # says of each scheme how a stock config says it
        named = {name for name in imports(file) if within(name, shelves)}
        if NAMES[file] == "wordorder.evaluation.contexts":
            named.remove("wordorder.position.window")  # is put around whatever scheme is asked
        assert named <= bases, file


def reached_from(module: str) -> dict[str, Path]:
    """The modules of ours that an import of this one loads, by the imports at the top of each."""
    by_name = {name.removesuffix(".__init__"): file for file, name in NAMES.items()}
    reached, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in reached:
            reached[name] = by_name[name]
            waiting += imports(by_name[name], top=True)
    return reached


def test_a_run_names_nothing_at_its_top_that_it_may_not_need():
    reached = reached_from("wordorder.run")
    assert {"wordorder.run", "wordorder.training.fit", "wordorder.model.attention"} <= set(reached)
    for file in reached.values():  # what lightning loads besides, it may go without
        packages = {name.split(".")[0] for name in imports(file, top=True)}
        assert not packages & {"datasets", "wandb", "matplotlib", "transformers", "jinja2", "tensorboardX"}, file


def test_a_run_starts_without_what_takes_seconds():
    loaded = loaded_by("wordorder.run")
    assert {"torch", "lightning"} <= loaded
    assert not loaded & {"datasets", "wandb", "hydra", "omegaconf", "pandas"}


@pytest.mark.parametrize(
    "command", ["asking", "pretrained_run", "generating", "saved", "exporting", "job", "sweep.planning"]
)
def test_what_trains_nothing_starts_without_the_framework_that_trains(command):
    loaded = loaded_by(f"wordorder.{command}")
    assert "torch" in loaded and "lightning" not in loaded


def test_a_job_is_checked_without_the_framework_that_trains(here, compose_config):
    config = compose_config(*runs.words())
    choices = {group: runs.SMALL[group] for group in ("position", "tokenizer", "source")}
    code = "import json, sys; from wordorder.job import Job; Job(*json.load(sys.stdin)); print(*sys.modules)"
    words = [sys.executable, "-c", code]
    said = subprocess.run(words, input=json.dumps([config, choices]), capture_output=True, text=True, check=True).stdout
    assert "torch" in said.split() and "lightning" not in said.split()


@pytest.mark.parametrize("module", ["wordorder.record.read", "wordorder.record.run_record", "wordorder.compare.report"])
def test_records_are_read_and_compared_without_torch(module):
    assert not loaded_by(module) & {"torch", "lightning", "tokenizers", "wandb", "datasets", "hydra"}


@pytest.mark.parametrize("module", ["wordorder.record.folders", "wordorder.record.run_record"])
def test_a_run_folder_is_read_without_tables(module):
    assert "pandas" not in loaded_by(module)


def test_a_sweep_is_asked_about_without_torch_or_tables():
    heavy = {"torch", "lightning", "tokenizers", "wandb", "datasets", "matplotlib", "pandas"}
    assert not loaded_by("wordorder.sweeping") & heavy


def test_a_scheme_and_a_model_load_no_framework():
    loaded = loaded_by("wordorder.model.transformer, wordorder.position.rope")
    assert not loaded & {"lightning", "hydra", "omegaconf", "datasets", "wandb", "tokenizers", "pandas"}


def test_a_text_is_embedded_without_hydra():
    assert not loaded_by("wordorder.input_pipeline") & {"lightning", "hydra", "omegaconf", "transformers", "matplotlib"}


def test_hydra_finds_its_plugins_quickly():
    plugins = [file for file in FILES if NAMES[file].startswith("hydra_plugins.")]
    assert plugins
    for file in plugins:
        assert not {name.split(".")[0] for name in imports(file, top=True)} & {"torch", "lightning", "wordorder"}, file


def test_no_file_is_named_for_nothing_in_particular():
    assert not [file for file in FILES if file.stem in ("utils", "helpers", "common", "misc")]


def test_constructors_name_their_arguments():
    for shelf in ("position", "tokenizer", "source", "evaluation"):
        for file in files_of(shelf):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                    assert node.args.kwarg is None and node.args.vararg is None, file
