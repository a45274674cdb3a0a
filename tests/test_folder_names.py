"""Names of folders."""

import re

import pytest

from wordorder.errors import InputError
from wordorder.folder_names import check_folder_name, to_folder_name


@pytest.mark.parametrize("name", ["a", "my-run_2.1", "größe", "0"])
def test_a_name_that_can_be_typed_is_left_as_it_is(name):
    check_folder_name(name, "name")
    assert to_folder_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "../up", "a=1", "a\n", "$x"])
def test_another_is_refused_with_its_key(name):
    with pytest.raises(InputError, match=re.escape(f"name={name!r} becomes a folder")):
        check_folder_name(name, "name")


def test_every_other_sign_becomes_one_underscore():
    assert to_folder_name("bloom 560m/é=1") == "bloom_560m_é_1"
