"""Runs that a person names."""

import json

import pytest

from wordorder.errors import InputError
from wordorder.opening import differing_keys, open_run


def write_run(folder, **facts):
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"status": "done", "digests": {}} | facts))


def test_a_folder_that_is_no_run_names_one_that_is_near(tmp_path):
    write_run(tmp_path / "rope-bpe-s0-1234")
    with pytest.raises(InputError, match=r"run=.*rope-bpe-s0-1243 is no run folder; did you mean .*rope-bpe-s0-1234\?"):
        open_run(tmp_path / "rope-bpe-s0-1243", "run")
    with pytest.raises(InputError, match="initialize_from=.*/x is no run folder: that is OUTPUT_DIR/NAME/POSITION-TOK"):
        open_run(tmp_path / "elsewhere" / "x", "initialize_from")


def test_a_folder_of_runs_names_one_of_them_and_how_to_ask_all(tmp_path):
    for name in ("rope-bpe-s1-5678", "alibi-bpe-s0-1234"):
        write_run(tmp_path / "quickstart" / name)
    said = "run=.*quickstart is no run folder but holds 2: name one, such as .*quickstart/alibi-bpe-s0-1234, or .*"
    with pytest.raises(InputError, match=said + "experiment=quickstart$"):
        open_run(tmp_path / "quickstart", "run")


@pytest.mark.parametrize("inside", ["run.json", "checkpoints", "checkpoints/weights.safetensors"])
def test_what_lies_in_a_run_names_its_folder(inside, tmp_path):
    write_run(tmp_path / "a")
    with pytest.raises(InputError, match=f"run=.*{inside} is no run folder but lies in one: {tmp_path}/a$"):
        open_run(tmp_path / "a" / inside, "run")


def test_a_run_under_way_is_not_opened(tmp_path):
    write_run(tmp_path / "a", status="running")
    with pytest.raises(InputError, match=r"run=.* is not trained to the end \(status running\)"):
        open_run(tmp_path / "a", "run")


def test_keys_that_differ_are_named_with_both_values():
    theirs = {"d_model": 8, "same": 1, "inner": {"a": 1, "b": 2}, "gone": 0}
    ours = {"d_model": 9, "same": 1, "inner": {"a": 1, "b": 3}, "new": 4}
    assert differing_keys(theirs, ours, "model.") == [
        "model.d_model=8 there, 9 here",
        "model.inner.b=2 there, 3 here",
        "model.gone=0 there, None here",
        "model.new=None there, 4 here",
    ]
