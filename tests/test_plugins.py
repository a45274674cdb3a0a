"""A run of a sweep is composed as Hydra composes it alone, though what its choices give is composed once for all runs."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from hydra_plugins.wordorder_plugins import Composer
from wordorder import command
from wordorder.check import conf_dir

RUNS = [
    ["position=rope", "seed=1", "optimizer.lr=0.5"],
    ["position=rope", "seed=2", "position.theta=500", "+model.extra=1"],
    ["seed=2", "position=rope", "name=other", "trainer.budget=3e4"],
    ["position=rope", "position/frequencies=yarn", "position.frequencies.factor=4"],
    ["position=randomized", "position@position.scheme=alibi", "model.context_length=64", "seed=3"],
    ["experiment=swap", "model=gpt2", "model/scale=tiny", "seed=7", "~plan.grid", "data_seed=5"],
    ["evaluation=[bits_per_byte]", "evaluation.bits_per_byte.tokens=512", "++seed=4"],
    ["tokenizer=bpe", "tokenizer.vocab_size=300", "logger=none", "allow=[my_package]", 'question="a, b"'],
]


@pytest.fixture(scope="module")
def master():
    """The config of train as a sweep begins with it; Hydra stays ready to compose."""
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        yield compose("train", return_hydra_config=True)


@pytest.fixture
def composer(master):
    return Composer(master, GlobalHydra.instance().config_loader())


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_run_is_composed_as_alone(words, composer):
    assert command.plain(composer(words)) == command.plain(compose("train", words, return_hydra_config=True))


def test_runs_that_differ_in_values_are_composed_once_and_share_nothing(composer):
    first, second = composer(["position=rope", "seed=1"]), composer(["position=rope", "seed=2", "optimizer.lr=9"])
    assert len(composer.composed) == 1
    assert (first.seed, second.seed, first.data_seed, second.data_seed) == (1, 2, 1, 2)
    assert first.optimizer.lr != 9 == second.optimizer.lr
    assert OmegaConf.to_container(second.hydra.overrides.task) == ["position=rope", "seed=2", "optimizer.lr=9"]
