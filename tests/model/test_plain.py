"""The plain choices are choices of the model, and those of the smallest model yaml."""

from pathlib import Path

import yaml

from wordorder.model.plain import PLAIN
from wordorder.model.transformer import OPTIONS


def test_they_are_those_of_the_plain_model():
    nano = yaml.safe_load((Path(__file__).parents[2] / "conf/model/nano.yaml").read_text(encoding="utf-8"))
    assert PLAIN.keys() < set(OPTIONS)
    assert {name: nano[name] for name in PLAIN} == PLAIN
