"""What is no interval."""

import pytest

from wordorder.training.intervals import Intervals

VALUES = {"log_steps": 2, "validate_steps": 0, "validate_tokens": 1, "checkpoint_steps": 0, "checkpoint_seconds": 0.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_steps": 0},
        {"validate_steps": -1},
        {"validate_tokens": 0},
        {"checkpoint_steps": -1},
        {"checkpoint_seconds": -1.0},
    ],
)
def test_what_is_no_interval_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name}={wrong[name]} must"):
        Intervals(**(VALUES | wrong))
