"""last.ckpt is always a whole one, which Lightning and torch read back."""

import os

import pytest
import torch

from wordorder.training.checkpoint_io import WholeFile


def test_what_is_saved_is_read_back_and_nothing_lies_beside(tmp_path):
    path = tmp_path / "last.ckpt"
    for step in (1, 2):
        WholeFile().save_checkpoint({"global_step": step, "weight": torch.full((3,), float(step))}, path)
    found = WholeFile().load_checkpoint(path, weights_only=True)
    assert found["global_step"] == 2 and found["weight"].tolist() == [2.0] * 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_half_way_is_an_error_of_the_system_and_leaves_the_earlier_one(tmp_path):
    path = tmp_path / "last.ckpt"
    WholeFile().save_checkpoint({"global_step": 1}, path)
    (tmp_path / ".last.ckpt.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        WholeFile().save_checkpoint({"weight": torch.zeros(10**6)}, path)
    assert torch.load(path, weights_only=True) == {"global_step": 1}


def test_a_checkpoint_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    done, replace = [], os.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append(os.fstat(number).st_size))
    monkeypatch.setattr(os, "replace", lambda part, path: (done.append("replaced"), replace(part, path)))
    WholeFile().save_checkpoint({"global_step": 1}, tmp_path / "last.ckpt")
    assert done == [(tmp_path / "last.ckpt").stat().st_size, "replaced"]
