"""Rows, checkpoints and validation between the steps, with a trainer that only counts."""

import json
from types import SimpleNamespace

import pretended
import pytest
from pretended import N_STEPS, Clock, Training

from wordorder.record.run_record import RunRecord
from wordorder.training import recording
from wordorder.training.recording import Recording
from wordorder.training.steps import Diverged


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return pretended.set_clock(monkeypatch)


class Recorded(Training):
    """A training with its record."""

    def __init__(self, folder, clock, *, validate=lambda: {"val_loss": 1.0}, **changed):
        self.record = RunRecord(folder)
        self.record.create({}, {})
        self.shown, self.saved = [], []
        self.interrupt = SimpleNamespace(asked=False, listen=lambda: None)
        self.recording = Recording(
            self.record,
            pretended.intervals(**changed),
            own={"training": "me"},
            n_steps=N_STEPS,
            validate=validate,
            on_row=self.shown.append,
            interrupt=self.interrupt,
            progress=SimpleNamespace(show=lambda step, row: None),
        )
        super().__init__(self.recording, clock, write=self.write)

    def write(self, path):
        self.saved.append((self.trainer.global_step, json.loads(json.dumps(self.recording.state_dict()))))
        path.write_text("checkpoint")


def test_a_row_holds_the_mean_loss_of_its_interval(tmp_path, clock):
    steps = Recorded(tmp_path, clock)
    steps.go()
    rows = steps.record.rows()
    assert [row["step"] for row in rows] == [2, 4, 6, 7] and rows == steps.shown
    assert [row["loss"] for row in rows] == [1.5, 3.5, 5.5, 7.0]
    assert [row["tokens"] for row in rows] == [20, 40, 60, 70]
    assert [row["grad_norm"] for row in rows] == [0.5, 1.0, 1.5, 1.75] and {row["lr"] for row in rows} == {0.5}
    assert [row["seconds"] for row in rows] == [6, 12, 18, 21]
    assert [row["tokens_per_second"] for row in rows] == pytest.approx([10 / 3] * 4)


def test_validation_is_a_row_of_its_own_at_its_steps_and_at_the_end_and_no_training_time(tmp_path, clock):
    def validate():
        clock.now += 1000.0
        return {"val_loss": 2.0}

    steps = Recorded(tmp_path, clock, validate=validate, validate_steps=3)
    steps.go()
    rows = steps.record.rows()
    assert [row["step"] for row in rows if "val_loss" in row] == [3, 6, 7]
    assert [row["seconds"] for row in rows if "loss" in row] == [6, 12, 18, 21]
    assert rows[-1] == {"step": 7, "tokens": 70, "val_loss": 2.0}
    assert [row["tokens"] for row in rows if "val_loss" in row] == [30, 60, 70]
    assert [row["loss"] for row in rows if "loss" in row] == [1.5, 3.5, 5.5, 7.0]


def test_checkpoints_come_by_steps(tmp_path, clock):
    steps = Recorded(tmp_path, clock, checkpoint_steps=3)
    steps.go()
    assert [step for step, _ in steps.saved] == [3, 6]
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]


def test_checkpoints_come_by_seconds_since_the_last_one(tmp_path, clock):
    steps = Recorded(tmp_path, clock, checkpoint_seconds=7.0)
    steps.go()
    assert [step for step, _ in steps.saved] == [3, 6]


def test_no_interval_means_no_checkpoint(tmp_path, clock):
    steps = Recorded(tmp_path, clock)
    steps.go()
    assert steps.saved == []


def test_a_resumed_recording_writes_the_rows_of_one_that_was_not_stopped(tmp_path, clock):
    whole = Recorded(tmp_path / "whole", clock, checkpoint_steps=3)
    whole.go()
    before = Recorded(tmp_path / "cut", clock, checkpoint_steps=3)
    before.go(last=5)
    after = Recorded(tmp_path / "cut", clock, checkpoint_steps=3)
    step, state = before.saved[-1]
    after.record.cut_rows(step)
    after.recording.load_state_dict(state)
    after.go(first=step + 1)
    assert after.record.rows() == whole.record.rows()


def test_a_resumed_recording_began_when_its_first_part_did(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(recording, "calendar_time", iter(["first", "second", "third"]).__next__)
    before, after, anew = (Recorded(tmp_path / name, clock, checkpoint_steps=3) for name in ("cut", "cut", "new"))
    before.go(last=5)
    after.recording.load_state_dict(before.saved[-1][1])
    after.go(first=4)
    anew.go()
    assert [one.recording.first_step_at for one in (before, after, anew)] == ["first", "first", "second"]


def test_a_stop_that_is_asked_for_saves_and_stops(tmp_path, clock):
    steps = Recorded(tmp_path, clock)
    steps.recording.on_row = lambda row: setattr(steps.interrupt, "asked", True)
    steps.go()
    assert [step for step, _ in steps.saved] == [2] and steps.trainer.should_stop
    assert steps.saved[0][1]["own"] == {"training": "me"} and steps.saved[0][1]["step_drained"] == 2


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("checkpoint_steps", [0, 1, 3])
def test_the_first_step_that_is_not_finite_is_named_and_never_saved(wrong, checkpoint_steps, tmp_path, clock):
    steps = Recorded(tmp_path, clock, checkpoint_steps=checkpoint_steps, log_steps=100)
    with pytest.raises(Diverged, match=f"loss of step 5 is {wrong}"):
        steps.go(nats=lambda step: wrong if step >= 5 else 1.0)
    assert all(step < 5 for step, _ in steps.saved)


def test_weights_that_are_not_finite_are_never_saved(tmp_path, clock):
    steps = Recorded(tmp_path, clock, checkpoint_steps=2)
    steps.module.model.bias.data[1] = float("inf")
    with pytest.raises(Diverged, match="weights after step 2"):
        steps.go()
    assert steps.saved == [] and not (tmp_path / "checkpoints" / "last.ckpt").exists()


def test_a_validation_that_is_not_finite_is_a_divergence(tmp_path, clock):
    steps = Recorded(tmp_path, clock, validate=lambda: {"val_loss": float("nan")}, validate_steps=3)
    with pytest.raises(Diverged, match="val_loss after step 3 is nan"):
        steps.go()
    assert [row["step"] for row in steps.record.rows()] == [2]
