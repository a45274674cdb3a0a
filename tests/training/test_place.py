"""Which process this is, from what torchrun and srun leave in the environment."""

import pytest

from wordorder.training.place import Place, place_given

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "RANK": "5",
    "WORLD_SIZE": "8",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "host-0",
    "MASTER_PORT": "29400",
}
BATCH = {"SLURM_JOB_ID": "1234567", "SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}
SRUN = BATCH | {
    "SLURM_STEP_ID": "2",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_STEP_NODELIST": "node[03-04,07]",
    "SLURM_PROCID": "6",
    "SLURM_LOCALID": "2",
}


@pytest.fixture
def given(monkeypatch):
    """given(variables) -> the place that they say, whatever this test itself was started by."""
    for name in {*TORCHRUN, *SRUN}:
        monkeypatch.delenv(name, raising=False)

    def read(variables: dict[str, str]) -> Place | None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return place_given()

    return read


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, None),
        (TORCHRUN, Place(5, 8, 1, "host-0", 29400)),
        (SRUN, Place(6, 8, 2, "node03", 15_000 + 4767)),
        (SRUN | {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "4000"}, Place(6, 8, 2, "10.0.0.1", 4000)),
        (BATCH, None),  # a batch script, of eight tasks of which none has been started
        (SRUN | {"SLURM_STEP_NUM_TASKS": "1"}, None),
    ],
    ids=["alone", "torchrun", "srun", "srun, told where", "sbatch", "one task"],
)
def test_a_place_is_what_the_one_that_started_it_says(variables, place, given):
    assert given(variables) == place
