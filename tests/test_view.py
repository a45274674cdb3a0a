"""In a file each line of a sweep begins with its run's name."""

from pathlib import Path

from wordorder.outcome import Outcome
from wordorder.training.progress import At
from wordorder.view import Listing


def test_a_file_gets_rows_ends_and_each_reason_to_wait_once(capsys):
    with Listing(["a", "b"], 2) as view:
        view.began(0)
        view.at(0, At("train", 0, 40))
        view.at(0, At("train", 1, 40, 2.5, 1000.0, 39.0))
        view.at(0, At("train", 2, 40, 2.4, 1000.0, 38.0))
        for tokens in (0, 512, 1024):
            view.at(0, At("length_sweep", tokens))
        for who in ("process 1", "process 1", "process 2"):
            view.waits(1, f"waiting for {who}")
            view.draw(stopping=False)
        view.ended(0, Outcome(Path(), "done"))
        view.ended(1, Outcome(Path(), "failed", "too bad"))
    assert capsys.readouterr().out.splitlines() == [
        "a  step 2/40  loss 2.400  1,000 tokens/s  38 s left",
        "a  evaluation length_sweep",
        "b  waiting for process 1",
        "b  waiting for process 2",
        "a  done",
        "b  failed: too bad",
    ]
