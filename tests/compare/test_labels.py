"""A label says what sets an arm apart from the others, and nothing more."""

from pathlib import Path

import pytest

from wordorder.check import conf_dir
from wordorder.compare.labels import NOT_COMPARED, find_differences, is_copy, label_arms, shorten
from wordorder.scalars import KEYS, SECTIONS


def test_key_that_follows_the_model_is_not_named_twice() -> None:
    def make(head_dim: int) -> dict[str, int]:
        return {"model.head_dim": head_dim, "position.head_dim": head_dim}

    same = [{"position": "rope", "model": "nano"}] * 2
    assert label_arms([make(32), make(64)], same) == ["model.head_dim=32", "model.head_dim=64"]
    sizes = [{"position": "rope", "model": name} for name in ("nano", "micro")]
    assert label_arms([make(32), make(64)], sizes) == ["nano", "micro"]


def test_confounded_setting_is_in_the_label() -> None:
    configs = [{"position.theta": 1.0, "optimizer.lr": 0.1}, {"optimizer.lr": 0.2}]
    labels = label_arms(configs, [{"position": "rope"}, {"position": "none"}])
    assert labels == ["rope, optimizer.lr=0.1", "none, optimizer.lr=0.2"]


def test_a_choice_inside_a_scheme_sets_arms_of_that_scheme_apart_only() -> None:
    none = {"position._target_": "wordorder.position.none.NoPE"}, {"position": "none"}

    def rope(rule: str, name: str, **own: float) -> tuple[dict, dict]:
        config = {"position._target_": "wordorder.position.rope.RoPE", "position.frequencies._target_": rule}
        return config | own, {"position": "rope", "position/frequencies": name}

    def labels(*arms: tuple[dict, dict]) -> list[str]:
        return label_arms([config for config, _ in arms], [choices for _, choices in arms])

    plain, yarn = rope("x.Plain", "plain"), rope("x.YaRN", "yarn", **{"position.frequencies.factor": 8.0})
    longer = rope("x.YaRN", "yarn", **{"position.frequencies.factor": 16.0})
    assert labels(none, plain) == ["none", "rope"]
    assert labels(none, plain, yarn) == ["none", "rope, plain", "rope, yarn"]
    assert labels(plain, yarn) == ["plain", "yarn"]
    assert labels(none, yarn, longer) == ["none", "rope, frequencies.factor=8", "rope, frequencies.factor=16"]
    inner = [
        ({"position.scheme._target_": name}, {"position": "randomized", "position@position.scheme": name})
        for name in ("rope", "alibi")
    ]
    assert labels(none, *inner) == ["none", "randomized, rope", "randomized, alibi"]


def test_a_choice_that_changes_nothing_is_in_no_label():
    configs = [{"position.x": 1, "trainer.budget": 5}, {"position.x": 2, "trainer.budget": 5}]
    choices = [{"position": "rope", "trainer": "ddp"}, {"position": "none", "trainer": "default"}]
    assert label_arms(configs, choices) == ["rope", "none"]


def test_a_choice_that_sets_keys_of_the_section_around_it_is_in_the_label() -> None:
    configs, choices = [{"model.d_model": 64}, {"model.d_model": 96}], [{"model/scale": "tiny"}, {"model/scale": "big"}]
    assert label_arms(configs, choices) == ["tiny, model.d_model=64", "big, model.d_model=96"]


def test_keys_that_only_some_have_differ_and_equal_values_do_not() -> None:
    configs = [{"a": 1, "b": [1, {"c": 2}], "d": None}, {"a": 1, "b": [1, {"c": 3}], "e": 0}]
    assert find_differences(configs) == ["b", "d", "e"]
    assert find_differences(configs[:1]) == find_differences([]) == []


def test_what_is_no_part_of_a_training_is_in_no_label() -> None:
    configs = [{"position.x": n, "logger.x": n, "record.y": n} for n in (1, 2)]
    choices = [{"position": name, "logger": name, "record": name} for name in ("rope", "none")]
    assert label_arms(configs, choices) == ["rope", "none"]


def test_a_key_is_a_copy_where_it_follows_the_model_wherever_it_occurs() -> None:
    def make(size: int, **position: int) -> dict[str, int]:
        return {"model.d_model": size} | {f"position.{key}": value for key, value in position.items()}

    configs = [make(8, width=8, once=8), make(16, width=16, once=3), make(24)]
    assert [is_copy(f"position.{key}", configs) for key in ("width", "once")] == [True, False]
    assert not is_copy("model.d_model", configs)


def test_values_are_written_as_people_write_them() -> None:
    values = [0.001, 500000.0, 3, True, None, "wordorder.position.rope.RoPE", "a b", [1, "x"]]
    said = ["0.001", "500000", "3", "true", "null", "RoPE", "a b", '[1, "x"]']
    assert [shorten(value) for value in values] == said


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, "1"), (None, "null"), (True, "true"), (0.1, 0.1 + 1e-15), ("wordorder.a.X", "wordorder.b.X"), ([1], "[1]")],
)
def test_values_that_differ_are_written_apart(one: object, other: object) -> None:
    labels = label_arms([{"trainer.x": one}, {"trainer.x": other}], [{"position": "rope"}] * 2)
    assert len(set(labels)) == 2


def test_text_that_reads_as_another_value_keeps_its_quotes() -> None:
    assert [shorten(value) for value in ("1", "null", "one", 'say "1"')] == ['"1"', '"null"', "one", r"say \"1\""]


def test_what_is_not_compared_is_a_key_of_a_config_or_a_group_of_its_files() -> None:
    groups = {folder.name for folder in Path(conf_dir()).iterdir() if folder.is_dir()}
    assert not NOT_COMPARED - {*KEYS, *SECTIONS} - groups
