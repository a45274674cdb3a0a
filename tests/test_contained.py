"""A run that ends its process ends itself only, but where it was stopped no other is begun."""

import sys

import pytest

from wordorder.contained import Contained


@pytest.fixture
def acts(monkeypatch) -> list[int]:
    """What a process was made to do."""
    monkeypatch.setattr(Contained, "stopped", False)
    return []


def exits(acts: list[int]) -> Contained:
    def act(code: int) -> None:
        acts.append(code)
        sys.exit(code)

    return Contained(act)


def test_a_run_that_fails_is_followed_by_the_next(acts):
    for code in (1, 143, 0):
        exits(acts)(code)
    assert acts == [1, 143, 0]


def test_after_a_stop_no_other_is_begun_in_this_process_whatever_carries_it(acts):
    for code in (1, 130, 0):
        exits(acts)(code)
    assert acts == [1, 130]


def test_an_exception_is_not_hidden(acts):
    with pytest.raises(ZeroDivisionError):
        Contained(lambda config: 1 / config)(0)
