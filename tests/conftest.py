"""Things of the shelves built from their yaml, in sizes small enough for a test."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wordorder.check import make

CONF = Path(__file__).parents[1] / "conf"
SIZES = {
    "d_model": 24,
    "n_layers": 2,
    "n_heads": 6,
    "n_kv_heads": 2,
    "head_dim": 4,
    "d_ff": 40,
    "context_length": 128,
    "bias": True,
    "tie_embeddings": False,
    "init_std": 0.3,
    "kernel": "auto",
}


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
def make_model(compose_config: Callable[..., dict[str, Any]]) -> Callable[..., torch.nn.Module]:
    """make_model("rope", n_layers=1) -> a float64 model with this scheme, whose own parameters are drawn N(0, 0.5).

    Zero initialisation would hide what a scheme does.
    """

    def make_small(position: str, *, vocab_size: int = 53, device: str = "cpu", **sizes: Any) -> torch.nn.Module:
        values = SIZES | sizes
        config = compose_config(f"position={position}", *(f"model.{key}={value}" for key, value in values.items()))
        with torch.device(device):
            scheme = make(config["position"], "position")
            scheme.bind([bytes([number % 256]) for number in range(vocab_size)])
            model = make(config["model"], "model", vocab_size=vocab_size, position=scheme).double()
        if device == "meta":
            return model
        model.initialise(0)
        draw = torch.Generator().manual_seed(1)
        for weight in scheme.parameters():
            torch.nn.init.normal_(weight, std=0.5, generator=draw)
        return model.eval()

    return make_small
