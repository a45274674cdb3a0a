"""What a plan is made from changes with words, folder, config files and code, and with nothing else."""

import shutil

import pytest

from wordorder import identity
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.inputs import digest_package, digest_tree, read_inputs


@pytest.fixture
def conf(tmp_path):
    folder = tmp_path / "conf" / "position"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("theta: 1\n")
    return tmp_path / "conf"


def inputs(conf, points=(("seed=0",),), typed=()):
    return read_inputs(Expansion([list(words) for words in points], dict, list(typed), [conf], conf, 0))


def differing(one, other) -> list[str]:
    return [key for key in one if one[key] != other[key]]


def test_the_same_words_have_the_same_inputs(conf):
    assert inputs(conf) == inputs(conf)


def test_other_words_are_other_inputs(conf):
    assert differing(inputs(conf), inputs(conf, [["seed=1"]])) == ["words"]
    assert differing(inputs(conf), inputs(conf, typed=["hydra.searchpath=[x]"])) == ["words"]


def test_an_edited_a_new_and_a_renamed_yaml_are_other_inputs(conf):
    seen = [inputs(conf)]
    (conf / "position" / "a.yaml").write_text("theta: 2\n")
    seen.append(inputs(conf))
    (conf / "b.yaml").touch()
    seen.append(inputs(conf))
    (conf / "b.yaml").rename(conf / "position" / "b.yaml")
    seen.append(inputs(conf))
    assert len({one["conf"] for one in seen}) == 4
    (conf / "position" / "notes.txt").touch()
    assert inputs(conf) == seen[-1]


def test_edited_code_is_another_input(conf, tmp_path, monkeypatch):
    before = inputs(conf)
    package = tmp_path / "src" / "wordorder"
    shutil.copytree(identity.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(identity.PACKAGE.parent / "hydra_plugins", tmp_path / "src" / "hydra_plugins")
    monkeypatch.setattr(identity, "PACKAGE", package)
    assert inputs(conf) == before
    block = package / "model" / "block.py"
    block.write_text(block.read_text() + "\n")
    assert differing(before, inputs(conf)) == ["code"]


def test_another_folder_is_another_input(conf, monkeypatch):
    before = inputs(conf)
    monkeypatch.chdir(conf)
    assert differing(before, inputs(conf)) == ["folder"]


@pytest.mark.parametrize("text", ["${oc.env:HOME}", "${now:%Y}", "${ oc.env:HOME,x }"])
def test_a_config_that_reads_environment_or_clock_has_no_inputs_that_could_be_compared(text, conf):
    assert inputs(conf, [[f"name={text}"]]) is None
    (conf / "b.yaml").write_text(f"name: {text}\n")
    assert inputs(conf) is None


def test_a_package_is_its_code_at_any_depth(tmp_path, monkeypatch):
    (tmp_path / "somebody_s" / "inner").mkdir(parents=True)
    for file in ("__init__.py", "inner/scheme.py"):
        (tmp_path / "somebody_s" / file).touch()
    (tmp_path / "somebody_s_module.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    before = digest_package("somebody_s"), digest_package("somebody_s_module")
    (tmp_path / "somebody_s" / "inner" / "scheme.py").write_text("x = 1\n")
    (tmp_path / "somebody_s_module.py").write_text("x = 1\n")
    assert digest_package("somebody_s") != before[0] and digest_package("somebody_s_module") != before[1]


def test_a_file_stands_for_itself(tmp_path):
    (tmp_path / "a.py").write_text("a")
    before = digest_tree(tmp_path / "a.py", "*.py")
    (tmp_path / "a.py").write_text("b")
    assert digest_tree(tmp_path / "a.py", "*.py") != before
