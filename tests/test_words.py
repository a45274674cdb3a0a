"""What is typed, as Hydra can read it."""

import pytest

from wordorder.words import IS_OVERRIDE, arrange


@pytest.mark.parametrize(
    ("name", "typed", "arranged"),
    [
        ("train", ["position=rope", "-m", "seed=0,1"], ["-m", "position=rope", "seed=0,1"]),
        ("train", ["experiment=quickstart"], ["experiment=quickstart"]),
        ("compare", ["experiment=quickstart"], ["experiment_name=quickstart"]),
        ("evaluate", ["experiment=a", "threads=2"], ["experiment_name=a", "threads=2"]),
        ("evaluate", ["run=x", "position.theta=5"], ["overrides=['position.theta=5']", "run=x"]),
        ("evaluate", ["position/frequencies=yarn", "run=x"], ["overrides=['position/frequencies=yarn']", "run=x"]),
        ("evaluate", [r"position.a='\x'"], [r"overrides=['position.a=\'\\x\'']"]),
        ("show_position", ["position=all", "length=8"], ["all=true", "length=8"]),
        ("show_position", ["position=rope"], ["position=rope"]),
        ("show_input", ["position=rope,alibi"], ["schemes=[rope,alibi]"]),
        ("show_input", ["position=[rope,alibi]"], ["schemes=[rope,alibi]"]),
        ("compare", ["compare.baseline=none, a.b=1"], ["compare.baseline='none, a.b=1'"]),
        ("train", ["compare.baseline=none, a.b=1", "-m"], ["-m", "compare.baseline='none, a.b=1'"]),
        ("train", ["compare.baseline='none, a.b=1'"], ["compare.baseline='none, a.b=1'"]),
        ("train", ['compare.baseline=""'], ['compare.baseline=""']),
        ("train", ["compare.baseline="], ["compare.baseline=''"]),
        ("generate", ["prompt='a'"], [r"prompt='\'a\''"]),
        ("show_input", ["text=it's, ${x}"], [r"text='it\'s, \${x}'"]),
    ],
)
def test_words_are_arranged(name, typed, arranged):
    assert arrange(typed, name) == arranged


@pytest.mark.parametrize("word", ["position.theta=1", "position/frequencies=yarn", "position@position.scheme=rope"])
def test_words_about_the_trained_scheme_are_known(word):
    assert IS_OVERRIDE.match(word) and not IS_OVERRIDE.match(f"model.{word}") and not IS_OVERRIDE.match("positions=1")
