"""An evaluation that is killed goes on where it was, to the same bits."""

import os
import shutil
import signal

import pandas as pd
import pytest
import runs

from wordorder.evaluation import length_sweep
from wordorder.record import items_part

SMALL = ["factors=[1,2]", "targets=320", "k=8", "tokens=320"]
ASKED = ["evaluation=[length_sweep]", *(f"evaluation.length_sweep.{word}" for word in SMALL)]


@pytest.fixture
def trained(here, compose_config):
    one = {"position": "rope", "trainer.budget": 4, "evaluation": "[bits_per_byte]"}
    return runs.run(compose_config, one).folder


def read_items(folder):
    table = pd.read_parquet(folder / "items.parquet")
    return table.sort_values(["evaluation_id", "facts"], ignore_index=True)


def test_a_killed_evaluation_goes_on_to_the_same_bits(trained, monkeypatch):
    whole = trained.with_name("whole")
    shutil.copytree(trained, whole)
    assert runs.typed("evaluate", f"run={whole}", *ASKED) == 0
    sums, scored = length_sweep.sums_of_text, []

    def count(*given):
        scored.append(1)
        return sums(*given)

    def ask_and_die():
        items_part.FLUSH_SECONDS = 0.0
        length_sweep.sums_of_text = lambda *given: (
            os.kill(os.getpid(), signal.SIGKILL) if len(scored) == 70 else count(*given)
        )
        return runs.typed("evaluate", f"run={trained}", *ASKED)

    assert runs.in_child(ask_and_die) == -signal.SIGKILL
    (part,) = trained.glob("items.*.part.jsonl")
    assert len(part.read_text(encoding="utf-8").splitlines()) == 1 + 70
    before = runs.rows_of(trained / "scores.jsonl")
    assert {row["evaluation"] for row in before} == {"bits_per_byte"}
    monkeypatch.setattr(length_sweep, "sums_of_text", count)
    assert runs.typed("evaluate", f"run={trained}", *ASKED) == 0
    assert runs.rows_of(trained / "scores.jsonl") == runs.rows_of(whole / "scores.jsonl")
    pd.testing.assert_frame_equal(read_items(trained), read_items(whole), check_exact=True)
    n_items = sum(read_items(whole)["facts"].str.contains("length_sweep|scoring"))
    assert len(scored) == n_items - 70 and not part.exists()


def test_a_run_knows_how_it_was_asked_last(trained):
    first = runs.facts_of(trained)["asked"]["bits_per_byte"]
    assert first["tokens"] == 512 and first["split"] == "test"
    words = ["evaluation=[bits_per_byte]", "evaluation.bits_per_byte.tokens=256"]
    assert runs.typed("evaluate", f"run={trained}", *words) == 0
    assert runs.facts_of(trained)["asked"] == {"bits_per_byte": first | {"tokens": 256}}


def test_items_of_a_run_that_is_made_again_are_forgotten(trained, compose_config):
    left = trained / "items.0123456789abcdef.part.jsonl"
    left.write_text("{}\n", encoding="utf-8")
    again = {"position": "rope", "trainer.budget": 4, "evaluation": "[bits_per_byte]", "rerun": "all"}
    assert runs.run(compose_config, again).folder == trained
    assert not left.exists()
