"""Where a point of a training lies on each axis."""

import pandas as pd
import pytest

from wordorder.compare.progress import place

ROWS = pd.DataFrame({"run": ["a", "a", "b"], "step": [15, 40, 20], "tokens": [150, 400, 800]})
CURVES = pd.DataFrame({"run": "a", "step": [10, 20, 30], "tokens": [100, 200, 300], "seconds": [2.0, 6.0, 8.0]})


def make_runs(**facts):
    runs = {
        "run": ["a", "b"],
        "status": "done",
        "digests_tokenizer": ["t", "t"],
        "steps": [40, 20],
        "flops": [8e9, None],
    }
    return pd.DataFrame(runs | facts)


def find(against, **facts):
    return place(ROWS, against, runs=make_runs(**facts), curves=CURVES)[0].tolist()


def test_tokens_and_steps_are_as_recorded():
    assert find("tokens") == [150, 400, 800] and find("steps") == [15, 40, 20]


def test_tokens_of_several_tokenizers_are_bytes():
    assert find("tokens", digests_tokenizer=["t", "u"], text_bytes_per_token=[2.5, 1.0]) == [375, 1000, 800]


def test_seconds_lie_between_those_recorded_and_are_missing_after_the_last():
    """4 s for the ten steps around step 15; nothing says how long step 40 took, nor run b."""
    assert find("seconds") == pytest.approx([4.0, float("nan"), float("nan")], nan_ok=True)
    early = place(ROWS.assign(step=5), "seconds", runs=make_runs(), curves=CURVES)[0]
    assert early.iloc[0] == pytest.approx(1.0)  # from the start of the training on


def test_flops_are_in_proportion_to_steps():
    assert find("flops") == pytest.approx([3e9, 8e9, float("nan")], nan_ok=True)
