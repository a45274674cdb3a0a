"""How many runs go side by side."""

import os

from wordorder import cores


def test_jobs_at_once_are_as_asked_or_what_the_cores_hold(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(6)), raising=False)
    assert [cores.count_jobs(asked, threads) for asked, threads in [(3, 1), (0, 1), (0, 2), (0, 4), (0, 16)]] == [
        3,
        6,
        3,
        1,
        1,
    ]
