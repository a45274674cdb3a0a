"""The plain keys at the top of a config."""

import re

import pytest

from wordorder.errors import InputError
from wordorder.scalars import check_scalars


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("seed", -1, "seed=-1 must not be negative"),
        ("data_seed", 2**63, "data_seed=9223372036854775808"),
        ("seed", "1", "seed='1' must be a whole number"),
        ("workers", True, "workers=True must be a whole number"),
        ("name", "", "name='' becomes a folder"),
        ("name", "a b", "name='a b' becomes a folder"),
        ("rerun", "never", "rerun='never' must be one of no, stale, failed, all"),
        ("allow", "x", "allow='x' must be a list"),
        ("sede", 1, "sede=1 is not known: did you mean seed?"),
    ],
)
def test_what_a_key_may_not_be_is_said_with_the_key_and_the_value(key, value, said, compose_config):
    config = compose_config()
    check_scalars(config)
    with pytest.raises(InputError, match=re.escape(said)):
        check_scalars(config | {key: value})
