"""What a person gets who installs the package: its code, its configs, its command."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """The content of a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(words, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_wheel_carries_every_config(unpacked):
    ours = sorted(path.relative_to(ROOT / "conf") for path in (ROOT / "conf").rglob("*.yaml"))
    theirs = sorted(path.relative_to(unpacked / "wordorder/conf") for path in unpacked.glob("wordorder/conf/**/*.yaml"))
    assert ours == theirs


def test_wheel_carries_every_module_and_template(unpacked):
    kinds = ("*.py", "*.j2")
    ours = sorted(path.relative_to(ROOT / "src") for kind in kinds for path in (ROOT / "src").rglob(kind))
    assert all((unpacked / path).is_file() for path in ours)


def test_installed_command_composes_without_the_checkout(unpacked, tmp_path):
    entry = next(unpacked.glob("*.dist-info/entry_points.txt")).read_text()
    assert "wordorder = wordorder.__main__:main" in entry
    words = [sys.executable, "-m", "wordorder", "train", "--cfg", "job", "position=alibi"]
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "wordorder.position.alibi.ALiBi" in done.stdout
    where = [sys.executable, "-c", "from wordorder.check import conf_dir; print(conf_dir())"]
    done = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == unpacked / "wordorder" / "conf"


def test_command_without_a_verb_says_what_there_is(tmp_path):
    done = subprocess.run([sys.executable, "-m", "wordorder", "trian"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "train|evaluate|compare" in done.stderr and "Traceback" not in done.stderr


def test_lock_pins_every_requirement_exactly_and_names_no_address():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert all(line.count("==") == 1 and "/" not in line and "+" not in line for line in lines), lines
    assert "torch==2.13.0" in lines
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    text = (ROOT / "pyproject.toml").read_text()
    direct = [line.strip().strip('",') for line in text.split("dependencies = [")[1].split("]")[0].strip().splitlines()]
    names = {name.split(">")[0].split("=")[0].split("<")[0].lower().replace("_", "-") for name in direct}
    assert names <= pinned, names - pinned


def test_readme_tables_are_those_of_the_docstrings():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import readme
    finally:
        sys.path.pop(0)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shelves = {"tokenizers": readme.shelf("tokenizer"), "sources": readme.sources()}
    blocks = {"schemes": readme.schemes(), "families": readme.families(), "gpu": readme.gpu(), **shelves}
    assert readme.fill(text, blocks) == text, "run python scripts/readme.py"
    by_hand = re.sub(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", "", text, flags=re.DOTALL)
    assert by_hand.count("\n") < 200
