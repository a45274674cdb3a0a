"""A scheme from a package of its own is trained, evaluated and held to the contract with nothing edited here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runs import facts_of, typed, words, write_text

from wordorder.contract import CHECKS, sentence
from wordorder.contract.__main__ import find, main, maker
from wordorder.contract.bench import SIZES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "my-package"
version = "1"
"""
SCHEME = '''
"""my_scheme: the score is lowered by the logarithm of the distance, each head by its own share."""

import torch

from wordorder.position.base import PositionScheme


class MyScheme(PositionScheme):
    """Its first head by `slope`, the last by a part of it."""

    shift_invariant = True

    def __init__(self, *, n_heads: int, slope: float):
        super().__init__()
        self.slopes = [slope / (1 + head) for head in range(n_heads)]

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        slope_H = torch.tensor(self.slopes, device=pos.k_BS.device)
        far = lambda b, i, j: (pos.q(b, i) - pos.k(b, j)).clamp(min=0)
        return lambda score, b, h, i, j: score - slope_H[h] * far(b, i, j).float().log1p()
'''
YAML = """# The logarithm of the distance
_target_: {package}.my_scheme.MyScheme
n_heads: ${{model.n_heads}}
slope: 0.5
"""
TRAINED = {"position": "my_scheme", "trainer.budget": 3, "evaluation": "[bits_per_byte]", "source.train": "my.txt"}


def write_package(folder: Path, package: str, scheme: str = SCHEME) -> Path:
    """A project with one package that holds one scheme and its yaml."""
    files = {
        "pyproject.toml": PROJECT + f'[tool.hatch.build.targets.wheel]\npackages = ["{package}"]\n',
        f"{package}/__init__.py": "",
        f"{package}/my_scheme.py": scheme,
        f"{package}/conf/position/my_scheme.yaml": YAML.format(package=package),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def python(*typed_words: str, folder: Path) -> subprocess.CompletedProcess:
    """What a person types in `folder`, where my_package is installed in site/."""
    environment = os.environ | {"PYTHONPATH": str(folder / "site")}
    return subprocess.run(
        [sys.executable, *typed_words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder with a text, and my_package installed, with a run trained on it."""
    folder = tmp_path_factory.mktemp("home")
    source = write_package(tmp_path_factory.mktemp("source"), "my_package")
    install = "-m pip install --quiet --no-deps --no-build-isolation --no-index --disable-pip-version-check".split()
    done = python(*install, "--target", "site", str(source), folder=folder)
    assert done.returncode == 0, done.stderr
    write_text(folder / "my.txt")
    search = "hydra.searchpath=[pkg://my_package.conf]"
    done = python(str(ROOT / "scripts/train.py"), search, *words(TRAINED), folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def only_run(home: Path) -> Path:
    (run,) = (home / "outputs" / "adhoc").glob("my_scheme-byte-*")
    return run


def test_it_is_trained_by_its_name(home):
    facts = facts_of(only_run(home))
    assert facts["status"] == "done" and facts["steps"] == 3


def test_it_is_evaluated_once_its_package_is_allowed(home, monkeypatch, capsys):
    monkeypatch.syspath_prepend(home / "site")
    monkeypatch.chdir(home)
    asked = [f"run={only_run(home)}", "evaluation=position_in_context", "evaluation.position_in_context.tokens=512"]
    assert typed("evaluate", *asked) == 1
    assert "if you trust it, allow=[my_package]" in capsys.readouterr().err
    assert typed("evaluate", *asked, "allow=[my_package]") == 0
    assert "position_in_context" in facts_of(only_run(home))["evaluations"]


def test_its_folder_of_configs_may_be_named_too(home, monkeypatch, capsys):
    monkeypatch.syspath_prepend(home / "site")
    monkeypatch.chdir(home)
    assert typed("train", "--config-dir", "site/my_package/conf", "position=my_scheme", "--cfg", "job") == 0
    assert "my_package.my_scheme.MyScheme" in capsys.readouterr().out


def test_it_keeps_the_contract(home):
    done = python("-m", "wordorder.contract", "my_package.my_scheme", "slope=0.3", folder=home)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[:-1] == [f"ok      {sentence(check)}" for check in CHECKS]
    assert lines[-1] == f"my_package.my_scheme: {len(CHECKS)} of {len(CHECKS)} hold"


@pytest.fixture
def contract(tmp_path, monkeypatch, capsys):
    """contract("pack.my_scheme", ...) -> exit code, what was printed and what was said; `pack` lies in the current folder."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*typed_words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["contract", *typed_words])
        with pytest.raises(SystemExit) as stopped:
            main()
        return (stopped.value.code, *capsys.readouterr())

    return run


def test_a_planted_bug_is_caught_with_its_arguments_from_the_yaml(contract, tmp_path):
    write_package(tmp_path, "bugged", SCHEME.replace("(pos.q(b, i) - pos.k(b, j))", "(i - j)"))
    code, out, _ = contract("bugged.my_scheme", "--config", "bugged/conf/position/my_scheme.yaml")
    failed = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert code == 1
    assert any(line.startswith("FAILED  decoding in uneven pieces equals the whole: ") for line in failed)
    assert any("differ by" in line for line in failed) and len(failed) < len(CHECKS) / 2


def test_an_exception_fails_a_check_and_does_not_stop_the_others(contract, tmp_path):
    write_package(tmp_path, "raising", SCHEME.replace("pos.q(b, i)", "pos.no_such_name"))
    code, out, _ = contract("raising.my_scheme:MyScheme", "slope=0.5")
    assert code == 1 and "AttributeError: 'Places' object has no attribute 'no_such_name'" in out
    assert len(out.splitlines()) == len(CHECKS) + 1


ASKED = [
    (["asked.my_scheme"], "slope is missing: MyScheme needs it; add slope=VALUE"),
    (["asked.my_scheme", "slope=steep"], "slope='steep' must be a number"),
    (["asked.my_scheme", "slop=1", "slope=1"], "slop=1 is not known to MyScheme: did you mean slope"),
    (["asked.my_scheme", "slop=1", "--config", "asked/conf/position/my_scheme.yaml"], "did you mean slope?"),
    (["asked.my_scheme", "--config", "asked/my_scheme.py"], "must be a file in a folder named position"),
    (["asked.no_scheme"], "asked has no scheme no_scheme"),
    (["no_package.no_scheme"], "cannot be imported"),
    (["asked.other", "--config", "asked/conf/position/my_scheme.yaml"], "makes asked.my_scheme.MyScheme, not asked.o"),
    (["asked.two"], "several schemes: name asked.two:A or asked.two:B"),
]


@pytest.mark.parametrize(("typed_words", "said"), ASKED, ids=[" ".join(one) for one, _ in ASKED])
def test_a_wrong_word_is_answered_in_a_sentence(contract, tmp_path, typed_words, said):
    write_package(tmp_path, "asked")
    base = "from wordorder.position.base import PositionScheme\n"
    (tmp_path / "asked/other.py").write_text(base + "class Other(PositionScheme): pass\n")
    (tmp_path / "asked/two.py").write_text(base + "class A(PositionScheme): pass\nclass B(PositionScheme): pass\n")
    code, out, err = contract(*typed_words)
    assert (code, out) == (1, "") and said in err, err
    assert len(err.splitlines()) == 1


def test_a_typed_argument_replaces_that_of_the_yaml(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(write_package(tmp_path, "given"))
    scheme, yaml = find("given.my_scheme.MyScheme"), tmp_path / "given/conf/position/my_scheme.yaml"
    slopes = [maker(scheme, typed_words, yaml)(SIZES | {"n_heads": 2}).slopes for typed_words in ([], ["slope=0.25"])]
    assert slopes == [[0.5, 0.25], [0.25, 0.125]]
