"""Every position word trains on the default corpus from the command line."""

from pathlib import Path

import numpy as np
import pytest
import runs

NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "conf" / "position").glob("*.yaml"))
WORDS = "tokenizer=byte model.context_length=64 trainer.unit=steps trainer.budget=200 trainer.batch_size=4".split()
WORDS += "record.log_steps=20 record.validate_steps=0 evaluation=[] logger=none device=cpu".split()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """Where the corpus and its ids are made once for all."""
    return tmp_path_factory.mktemp("schemes")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_loss_falls_in_200_steps(name, corpus):
    place = [f"source.cache={corpus}/sources", f"output_dir={corpus}", f"name={name}"]
    assert runs.typed("train", f"position={name}", *WORDS, *place) == 0
    (folder,) = (path.parent for path in (corpus / name).glob("*/run.json"))
    losses = [row["loss"] for row in runs.rows_of(folder / "train.jsonl")]
    assert len(losses) == 10 and np.isfinite(losses).all()
    assert losses[-1] < losses[0] - 0.5  # nats a byte; a byte's own frequency is worth more


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cape", "drope", "randomized"])
def test_what_is_drawn_or_dropped_trains_compiled_too(name, corpus):
    place = [f"source.cache={corpus}/sources", f"output_dir={corpus}", f"name={name}-compiled"]
    words = [*WORDS, *place, "trainer.compile=true", "trainer.budget=20", "record.log_steps=10"]
    assert runs.typed("train", f"position={name}", *words) == 0
