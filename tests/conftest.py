"""Things of the shelves built from their yaml, in sizes small enough for a test."""

import signal
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import runs
import torch
from gpu_record import GpuRecord
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from subjects import LENGTH, SIZES, Fixed, Questions

from wordorder.check import make
from wordorder.contract.bench import Bench
from wordorder.data.building import open_store
from wordorder.data.token_store import TokenStore
from wordorder.evaluation.base import Evaluation, Subject
from wordorder.tokenizer.byte import Byte

pytest_plugins = ["run_folders"]
CONF = Path(__file__).parents[1] / "conf"
FITTING = {"word_order": {"bytes": LENGTH, "distances": [1, 2], "pairs": 12}}  # what asks the small model at all


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(GpuRecord(Path(__file__).parent), "gpu_record")
    if (
        signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    ):  # begun in the background: commands under test would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text, to type commands in."""
    runs.write_text(tmp_path / "my.txt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TokenStore:
    """A few short documents as bytes."""
    return open_store(Fixed(), Byte(), tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def subject_of(make_model: Callable[..., torch.nn.Module], store: TokenStore) -> Callable[[str], Subject]:
    """subject_of("rope") -> an untrained model with this scheme, and the text."""

    def make_subject(position: str) -> Subject:
        model = make_model(position, vocab_size=257, **SIZES)
        if position == "sinusoidal":
            model = model.initialise(1)
        return Subject(model.float(), Byte(), store, "cpu")

    return make_subject


@pytest.fixture(scope="module")
def answering(
    subject_of: Callable[[str], Subject], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Subject]:
    """answering("rope") -> an untrained model, and documents that ask something."""
    store = open_store(Questions(), Byte(), tmp_path_factory.mktemp("store"))
    return lambda position: replace(subject_of(position), store=store, layout="document")


@pytest.fixture(scope="module")
def subject_for(subject_of: Callable[[str], Subject], answering: Callable[[str], Subject]) -> Callable[..., Subject]:
    """subject_for("exact_match", "rope") -> a model and a text that this evaluation is for."""
    return lambda name, position: answering(position) if name == "exact_match" else subject_of(position)


@pytest.fixture(scope="module")
def make_evaluation(compose_config: Callable[..., dict[str, Any]]) -> Callable[..., Evaluation]:
    """make_evaluation("bits_per_byte", tokens=9) -> what its yaml makes, with these arguments changed."""

    def make_one(name: str, **arguments: Any) -> Evaluation:
        node = compose_config(f"evaluation=[{name}]")["evaluation"][name]
        return make(node | FITTING.get(name, {}) | arguments, f"evaluation.{name}")

    return make_one
