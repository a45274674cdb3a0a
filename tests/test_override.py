"""A trained scheme is evaluated under another rule, and only under one that it has."""

from pathlib import Path

import pytest
import runs

from wordorder.errors import InputError
from wordorder.override import override_position
from wordorder.words import arrange

CONF = Path(__file__).parents[1] / "conf"


@pytest.fixture
def trained(compose_config):
    return compose_config("position=rope", "model.context_length=96")


def test_a_value_is_replaced_and_the_rest_stays(trained):
    changed = override_position(trained, ["position.theta=40000"], str(CONF))
    assert changed == trained["position"] | {"theta": 40000}


def test_a_group_brings_its_file_read_in_the_trained_config(trained, tmp_path):
    (tmp_path / "position" / "layout").mkdir(parents=True)
    (tmp_path / "position" / "layout" / "other.yaml").write_text("kind: new\nlength: ${model.context_length}\n")
    changed = override_position(trained, ["position/layout=other", "position.layout.kind=newer"], str(tmp_path))
    assert changed["layout"] == {"kind": "newer", "length": 96}


def test_a_rule_of_the_shelf_takes_the_length_that_was_trained(trained):
    changed = override_position(trained, ["position/frequencies=yarn", "position.frequencies.factor=4"], str(CONF))
    rule = changed.pop("frequencies")
    assert (rule["factor"], rule["trained_length"]) == (4, 96)
    assert changed == {key: value for key, value in trained["position"].items() if key != "frequencies"}
    assert override_position(trained, ["position/frequencies=yarn"], str(CONF))["frequencies"]["factor"] != 4


def test_a_trained_run_is_scored_under_another_rule_beside_its_own(compose_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.write_text(tmp_path / "my.txt")
    one = {"position": "rope", "trainer.budget": 8, "evaluation": "[bits_per_byte]"}
    folder = runs.run(compose_config, one).folder
    own = runs.rows_of(folder / "scores.jsonl")
    asked = [f"run={folder}", "evaluation=[bits_per_byte]", "evaluation.bits_per_byte.tokens=512"]
    assert runs.typed("evaluate", *asked, "position/frequencies=yarn", "position.frequencies.factor=4") == 0
    rows = runs.rows_of(folder / "scores.jsonl")
    assert rows[: len(own)] == own and len(rows) == 2 * len(own)
    for before, after in zip(own, rows[len(own) :], strict=True):
        assert after["evaluation"] == "bits_per_byte (frequencies=yarn frequencies.factor=4)"
        assert (after["metric"], after["count"]) == (before["metric"], before["count"])
        assert abs(after["value"] - before["value"]) > 1e-6
    assert runs.typed("evaluate", *asked, "position/frequencies=yarrn") != 0
    assert runs.typed("evaluate", *asked, "position.frequencies=yarn") != 0
    assert runs.rows_of(folder / "scores.jsonl") == rows


@pytest.mark.parametrize(
    "word, said",
    [
        ("position=alibi", "another model, which has to be trained"),
        ("position.thta=3", "position.thta is not part of the trained scheme: .*theta"),
        ("position.theta.deep=3", "position.theta.deep is not part"),
        ("position/layout=nothing", "choose from"),
        ("position@position.scheme=alibi", "another model, which has to be trained"),
        ("position/frequencies=yarrn", "position/frequencies=yarrn: .*choose from .*yarn"),
        ("position.frequencies.factor=4", "position.frequencies.factor is not part"),
    ],
)
def test_what_the_scheme_does_not_have_is_refused(trained, word, said):
    with pytest.raises(InputError, match=said):
        override_position(trained, [word], str(CONF))


def test_words_for_the_scheme_reach_evaluate_as_one_list():
    words = arrange(["run=x", "position/frequencies=yarn", r"position.name=it\'s"], "evaluate")
    assert words == [r"overrides=['position/frequencies=yarn','position.name=it\\\'s']", "run=x"]
    assert arrange(["position.theta=3"], "train") == ["position.theta=3"]


def test_a_scheme_inside_another_takes_a_rule_too(compose_config):
    trained = compose_config("position=randomized")
    changed = override_position(trained, ["position/frequencies@position.scheme.frequencies=linear"], str(CONF))
    assert changed["scheme"]["frequencies"]["_target_"].endswith(".Linear")
