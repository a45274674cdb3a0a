"""A row's command is the one that was typed, narrowed to the row."""

import pandas as pd
import pytest

from wordorder.compare.arms import Arm
from wordorder.compare.comparison import compare
from wordorder.compare.reproduce import list_commands, narrow


def seeds(*pairs: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["weight_seed", "data_seed"])


@pytest.mark.parametrize(
    ("typed", "pairs", "command"),
    [
        (
            "python scripts/train.py experiment=swap",
            [(0, 0)],
            "python scripts/train.py experiment=swap position=rope seed=0",
        ),
        (
            "python scripts/train.py -m position=rope,none seed=0,1 logger=none",
            [(1, 1), (0, 0)],
            "python scripts/train.py -m logger=none position=rope seed=0,1",
        ),
        (
            "wordorder train position=rope seed=3",
            [(3, 3), (4, 4)],
            "wordorder train -m position=rope seed=3,4",
        ),
        (
            "python scripts/train.py weight_seed=1 data_seed=2",
            [(1, 2)],
            "python scripts/train.py position=rope weight_seed=1 data_seed=2",
        ),
    ],
)
def test_the_words_of_the_arm_stand_in_place_of_what_was_typed(typed, pairs, command):
    assert narrow(typed, Arm("rope", "rope", (), {}, ("position=rope",)), seeds(*pairs)) == command


def test_keys_that_set_arms_apart_are_typed_in_full(add_run, lab):
    for theta in (10000.0, 500.5):
        facts = {"command": "python scripts/train.py experiment=bases"}
        add_run("rope", config={"position": {"theta": theta}}, facts=facts)
    comparison = compare(lab, baseline="", figures=[])
    assert list_commands(comparison.runs, comparison.arms) == {
        f"theta={theta}": f"python scripts/train.py experiment=bases position.theta={theta} seed=0"
        for theta in ("500.5", "10000")
    }
