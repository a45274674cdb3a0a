"""What identities stand for is asked again; runs of one arm differ in seeds only."""

import json

import layouts
import pytest
import runs
import yaml

from wordorder.check import make
from wordorder.errors import InputError
from wordorder.sweep.planned import Held, arm_of, foreign_packages, is_function_of_arguments


@pytest.fixture
def config(tmp_path, compose_config):
    runs.write_text(tmp_path / "my.txt")

    def composed(*changed):
        return compose_config(*runs.words({"source.train": tmp_path / "my.txt"}), *changed)

    return composed


def test_a_text_s_content_counts_and_not_its_time(config, tmp_path):
    node = config()["source"]
    held = Held(sources=[[node, make(node, "source").digest()]])
    (tmp_path / "my.txt").touch()
    assert held.same()
    text = (tmp_path / "my.txt").read_text()
    (tmp_path / "my.txt").write_text(text.replace("a", "b", 1))
    assert not held.same()
    (tmp_path / "my.txt").unlink()
    with pytest.raises(InputError, match="source.train=.* does not exist"):
        held.same()


def test_a_tokenizer_s_file_counts(config, tmp_path):
    path = layouts.write_gpt2(tmp_path / "a")
    node = config("tokenizer=pretrained", f"tokenizer.path={path}")["tokenizer"]
    held = Held(tokenizers=[[node, make(node, "tokenizer").contents()]])
    assert held.same()
    layouts.write_neox(tmp_path / "a")
    assert not held.same()


def test_the_weights_that_a_run_begins_with_count(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"digests": {"weights": "w"}}))
    held = Held(parents=[[str(tmp_path), "w"]])
    assert held.same()
    (tmp_path / "run.json").write_text(json.dumps({"digests": {"weights": "v"}}))
    assert not held.same()
    (tmp_path / "run.json").unlink()
    with pytest.raises(InputError, match="initialize_from=.* is no run"):
        held.same()


def test_somebody_else_s_package_counts(tmp_path, monkeypatch):
    (tmp_path / "held_package.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert not Held(packages=[["held_package", "another digest"]]).same()
    assert foreign_packages({"position": {"_target_": "held_package.X"}, "source": {"_target_": "wordorder.Y"}}) == {
        "held_package"
    }


def test_the_same_thing_is_held_once(config):
    held, node = Held(), config()["source"]
    held.add("sources", node, "d")
    held.add("sources", dict(node), "d")
    held.add("sources", node | {"document_bytes": 99}, "e")
    assert [digest for _, digest in held.sources] == ["d", "e"]


@pytest.mark.parametrize(
    ("name", "function"), [("addition", True), ("copy", True), ("python_docs", False), ("text_file", False)]
)
def test_only_tasks_are_functions_of_their_arguments(name, function, compose_config):
    words = ["source.train=my.txt"] * (name == "text_file")
    node = compose_config(f"source={name}", *words)["source"]
    source = make(node, "source")
    assert is_function_of_arguments(source) is function
    source.__class__ = type("Stranger", (type(source),), {"__module__": "somebody_s.tasks"})
    assert not is_function_of_arguments(source)


def test_an_arm_is_what_a_run_is_apart_from_its_seeds(config):
    arm = arm_of(config())
    assert arm_of(config("seed=3")) == arm_of(config("weight_seed=1", "data_seed=2")) == arm_of(config("name=x")) == arm
    assert len({arm, arm_of(config("optimizer.lr=0.5")), arm_of(config("source.document_bytes=99"))}) == 3


def test_a_scheme_s_own_seed_does_not_part_an_arm(config):
    one, other = config("position=randomized"), config("position=randomized", "seed=3")
    assert one["position"] != other["position"]
    assert arm_of(one) == arm_of(other)


def test_a_text_s_own_seed_parts_arms(compose_config):
    one, other = (compose_config("source=copy", f"source.seed={n}") for n in (0, 1))
    assert arm_of(one) != arm_of(other)


def test_children_are_of_one_arm_where_their_parents_are(config, tmp_path):
    def child_of(name, *changed):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(config(*changed)))
        return arm_of(config(f"initialize_from={tmp_path / name}"))

    first, sibling = child_of("rope-s0-00000000", "seed=0"), child_of("rope-s1-00000001", "seed=1")
    other = child_of("rope-s0-00000002", "optimizer.lr=0.03")
    assert first == sibling and len({first, other, arm_of(config())}) == 3
