"""Things of the shelves built from their yaml, in sizes small enough for a test."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from gpu_record import GpuRecord
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wordorder.check import make
from wordorder.contract.bench import Bench

CONF = Path(__file__).parents[1] / "conf"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(GpuRecord(Path(__file__).parent), "gpu_record")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads give other bits than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def compose_config() -> Callable[..., dict[str, Any]]:
    """compose_config("position=rope", ...) -> the whole resolved config as plain values."""

    @cache
    def composed(config_name: str, words: tuple[str, ...]) -> dict[str, Any]:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return OmegaConf.to_container(compose(config_name, overrides=list(words)), resolve=True)

    return lambda *words, config_name="train": deepcopy(composed(config_name, words))


@pytest.fixture(scope="session")
def make_bench(compose_config: Callable[..., dict[str, Any]]) -> Callable[[str], Bench]:
    """make_bench("rope") -> where the contract tries the scheme of this yaml."""

    def bench_of(position: str) -> Bench:
        def make_scheme(sizes: dict[str, Any]) -> Any:
            words = (f"model.{key}={value}" for key, value in sizes.items())
            return make(compose_config(f"position={position}", *words)["position"], "position")

        return Bench(make_scheme)

    return bench_of


@pytest.fixture(scope="session")
def make_model(make_bench: Callable[[str], Bench]) -> Callable[..., torch.nn.Module]:
    """make_model("rope", n_layers=1) -> a float64 model with this scheme, whose own parameters are drawn N(0, 0.5)."""
    return lambda position, **sizes: make_bench(position).model(**sizes)
