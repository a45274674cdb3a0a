"""A trained scheme is evaluated under another rule, and only under one that it has."""

from pathlib import Path

import pytest

from wordorder.command import arrange
from wordorder.errors import InputError
from wordorder.override import override_position

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


@pytest.mark.parametrize(
    "word, said",
    [
        ("position=alibi", "another model, which has to be trained"),
        ("position.thta=3", "position.thta is not part of the trained scheme: .*theta"),
        ("position.theta.deep=3", "position.theta.deep is not part"),
        ("position/layout=nothing", "choose from"),
    ],
)
def test_what_the_scheme_does_not_have_is_refused(trained, word, said):
    with pytest.raises(InputError, match=said):
        override_position(trained, [word], str(CONF))


def test_words_for_the_scheme_reach_evaluate_as_one_list():
    words = arrange(["run=x", "position/frequencies=yarn", r"position.name=it\'s"], "evaluate")
    assert words == ["run=x", r"overrides=['position/frequencies=yarn','position.name=it\\\'s']"]
    assert arrange(["position.theta=3"], "train") == ["position.theta=3"]
