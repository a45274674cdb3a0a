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


def test_a_scheme_that_learns_nothing_is_put_around_the_trained_one(trained):
    changed = override_position(trained, ["position=window", "position.size=96", "position.scheme.theta=7"], str(CONF))
    assert changed.pop("_target_").endswith(".Window")
    assert changed == {"scheme": trained["position"] | {"theta": 7}, "kind": "sliding", "size": 96}
    twice = override_position(trained, ["position.theta=7", "position=temperature", "position=window"], str(CONF))
    assert twice["scheme"]["scheme"] == trained["position"] | {"theta": 7}
    assert twice["scheme"]["_target_"].endswith(".Temperature")


def test_a_class_of_another_package_is_not_made_on_the_way(trained):
    foreign = trained | {"position": trained["position"] | {"_target_": "os.system"}}
    with pytest.raises(InputError, match="allow="):
        override_position(foreign, ["position=window"], str(CONF))


@pytest.mark.parametrize("scheme", ["learned", "sum"])
def test_a_window_and_a_temperature_are_rows_of_the_same_run(scheme, here, compose_config):
    """Where they act on nothing, the weights are found in their new place: the scores are those of the run itself."""
    one = {"position": scheme, "trainer.budget": 2, "evaluation": "[bits_per_byte]"}
    folder = runs.run(compose_config, one).folder
    own = runs.rows_of(folder / "scores.jsonl")
    asked = [f"run={folder}", "evaluation=[bits_per_byte]", "evaluation.bits_per_byte.tokens=512"]
    for around, same in (
        ("window size=100000", True),
        ("window size=2", False),
        ("temperature floor=100000 kind=log_max", True),
        ("temperature floor=2 alpha=3", False),
    ):
        name, *values = around.split()
        assert runs.typed("evaluate", *asked, f"position={name}", *(f"position.{value}" for value in values)) == 0
        rows = runs.rows_of(folder / "scores.jsonl")
        assert rows[: len(own)] == own
        for before, after in zip(own, rows[-len(own) :], strict=True):
            assert after["evaluation"] == f"bits_per_byte ({around})"
            assert (abs(after["value"] - before["value"]) < 1e-6) == same
    assert len(rows) == 5 * len(own)


def test_a_scheme_that_would_have_to_be_trained_is_put_around_none(compose_config):
    with pytest.raises(InputError, match="position=dape: it learns, and a trained model has no weights for it"):
        override_position(compose_config("position=alibi"), ["position=dape"], str(CONF))


@pytest.mark.parametrize(
    "word, said",
    [
        ("position=alibi", "another model, which has to be trained"),
        ("position=windw", "position=windw: .*choose from .*window"),
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
