"""A kept plan is read back as it was, and not where what it was made from has changed."""

import json

from plans import planned

from wordorder.sweep.manifest import place, read_plan, write_plan
from wordorder.sweep.planned import Compared, Held, Plan

INPUTS = {"words": "0123456789abcdef0123", "conf": "c"}


def test_a_plan_is_read_back_as_it_was(tmp_path):
    arms = [Compared("x", {"optimizer.lr": 0.5, "optimizer.betas": [0.9, 0.95]}, {"position": "rope"})]
    plan = Plan([planned(tmp_path / "a"), planned(tmp_path / "b", arm="b")], Held(), arms)
    path = place(tmp_path, INPUTS)
    assert path == tmp_path / ".plans" / "0123456789abcdef.json"
    assert read_plan(path, INPUTS) is None
    write_plan(path, INPUTS, plan)
    assert read_plan(path, INPUTS) == plan
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_plan_of_other_inputs_is_not_used(tmp_path):
    path = place(tmp_path, INPUTS)
    write_plan(path, INPUTS, Plan([], Held()))
    assert read_plan(path, INPUTS | {"conf": "d"}) is None


def test_a_plan_of_something_else_by_now_is_not_used(tmp_path, monkeypatch):
    path = place(tmp_path, INPUTS)
    monkeypatch.syspath_prepend(tmp_path)
    write_plan(path, INPUTS, Plan([], Held(packages=[["no_such_package", "it was there"]])))
    assert read_plan(path, INPUTS) is None


def test_a_plan_that_cannot_be_kept_is_not_missed(tmp_path):
    (tmp_path / ".plans").write_text("a file in its place")
    write_plan(tmp_path / ".plans" / "x.json", INPUTS, Plan([], Held()))
    assert [path.name for path in tmp_path.iterdir()] == [".plans"]


def test_a_plan_that_was_cut_short_is_not_used(tmp_path):
    path = place(tmp_path, INPUTS)
    write_plan(path, INPUTS, Plan([planned(tmp_path / "a")], Held()))
    text = path.read_text()
    json.loads(text)
    path.write_text(text[: len(text) // 2])
    assert read_plan(path, INPUTS) is None
