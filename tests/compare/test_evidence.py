"""Of all runs those count that finished."""

from wordorder.compare.evidence import Evidence
from wordorder.record.read import read_runs, read_scores


def test_failed_and_missing_runs_are_not_done(add_run, lab):
    done = add_run("none")
    add_run("rope", facts={"status": "failed"})
    (add_run("alibi") / "run.json").unlink()
    evidence = Evidence(read_runs(lab), read_scores(lab), [], {})
    assert evidence.done["run"].tolist() == [done.name] and len(evidence.runs) == 3
