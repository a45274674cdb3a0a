"""The way of text into training: building a token store, reading batches, and the memory that it takes.

build    our store (reading, encoding, checking, writing) against the library's bare encode_batch_fast in calls of a megabyte
load     tokens a second through the loader that training reads from
memory   anonymous memory at its highest while a small and a large corpus are built, each in a process of its own
"""

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

from benchmarks.measure import Report, Row, take_turns, times_faster
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wordorder.check import conf_dir, make
from wordorder.data.building import build
from wordorder.data.datamodule import DataModule, TrainingBatches
from wordorder.data.encoding import calls
from wordorder.data.rows import StreamRows
from wordorder.data.token_store import TokenStore
from wordorder.source.base import Document, Source
from wordorder.tokenizer.base import Tokenizer

LENGTH, ROWS, N_BATCHES = 256, 32, 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tokenizer", default="bpe", help="one that the library trains: bpe, unigram, wordpiece")
    parser.add_argument("--megabytes", type=int, default=6, help="of text, built in each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--small", type=int, default=10, help="megabytes of the small corpus")
    parser.add_argument("--large", type=int, default=300, help="megabytes of the large corpus; 0 leaves memory out")


class Repeated(Source):
    """The default text again and again, up to a size; val and test are a document each."""

    def __init__(self, texts: list[str], n_bytes: int):
        self.texts, self.n_bytes = texts, n_bytes

    def documents(self, split: str) -> Iterator[Document]:
        size = 0
        for text in cycle(self.texts):
            yield Document(text)
            size += len(text.encode())
            if split != "train" or size >= self.n_bytes:
                return

    def digest(self) -> str:
        return str(self.n_bytes)


def measure(arguments: argparse.Namespace) -> Report:
    """All three tables."""
    with tempfile.TemporaryDirectory() as name:
        tokenizer, texts = prepare(arguments.tokenizer, Path(name))
        source = Repeated(texts, arguments.megabytes * 10**6)
        tables = {
            "building a token store": [measure_build(tokenizer, source, Path(name), arguments.rounds)],
            "loading batches": [measure_load(TokenStore(Path(name) / "ours"), arguments.rounds)],
        }
        if arguments.large:
            sizes = [arguments.small, arguments.large]
            tables["memory of building"] = measure_memory(tokenizer, texts, sizes, Path(name))
    return Report("data", vars(arguments) | {"out": str(arguments.out)}, tables)


def prepare(name: str, folder: Path) -> tuple[Tokenizer, list[str]]:
    """A tokenizer trained on the default text, and that text."""
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        config = compose("train", [f"tokenizer={name}", "tokenizer.vocab_size=8192", f"output_dir={folder}"])
        config = OmegaConf.to_container(config, resolve=True)
    source: Source = make(config["source"], "source")
    texts = [document.text for document in source.documents("train")]
    tokenizer: Tokenizer = make(config["tokenizer"], "tokenizer")
    tokenizer.train(iter(texts))
    return tokenizer, texts


def measure_build(tokenizer: Tokenizer, source: Source, folder: Path, rounds: int) -> Row:
    """Ours and the library's bare call in turns."""
    texts = [[document.text for document in call] for call in calls(source.documents("train"))]
    contestants: dict[str, Callable[[], object]] = {
        "ours": lambda: build(source, tokenizer, folder / "ours"),
        "bare": lambda: [tokenizer.engine.encode_batch_fast(call, add_special_tokens=False) for call in texts],
    }
    seconds = take_turns(contestants, rounds=rounds, steps=1, warmup=1, title="build")
    megabytes = source.n_bytes / 10**6
    return {
        "text": f"{megabytes:.0f} MB",
        "bare MB/s": megabytes / statistics.median(seconds["bare"]),
        "ours MB/s": megabytes / statistics.median(seconds["ours"]),
        "bare / ours": str(times_faster(seconds["ours"], seconds["bare"])),
    }


def measure_load(store: TokenStore, rounds: int) -> Row:
    """Every batch of an epoch or more, as Lightning would fetch it."""
    rows = StreamRows(store.stream("train"), length=LENGTH, data_seed=0, across=True)
    data = DataModule(TrainingBatches(rows, batch_size=ROWS, n_steps=N_BATCHES))
    data.trainer = SimpleNamespace(global_step=0)
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        n_tokens = sum(batch.ids_BT.numel() for batch in data.train_dataloader())
        seconds.append(time.perf_counter() - began)
    rates = [n_tokens / 10**6 / each for each in seconds]
    return {"batch": f"{ROWS} x {LENGTH}", "million tokens/s": statistics.median(rates), "slowest": min(rates)}


def measure_memory(tokenizer: Tokenizer, texts: list[str], sizes: list[int], folder: Path) -> list[Row]:
    """The highest anonymous memory of a process that builds a corpus of each size, beyond what it had before."""
    rows, context = [], multiprocessing.get_context("spawn")
    for megabytes in sizes:
        ours, theirs = context.Pipe()
        source = Repeated(texts, megabytes * 10**6)
        child = context.Process(target=build_watched, args=(tokenizer, source, folder / str(megabytes), theirs))
        child.start()
        before, highest, seconds = ours.recv()
        child.join()
        rows.append(
            {
                "text": f"{megabytes} MB",
                "before MB": before / 2**20,
                "highest MB": highest / 2**20,
                "beyond MB": (highest - before) / 2**20,
                "MB/s": megabytes / seconds,
            }
        )
    return rows


def build_watched(tokenizer: Tokenizer, source: Source, folder: Path, pipe) -> None:
    """Build in this process while a thread watches its memory."""
    done, readings = threading.Event(), [anonymous_memory()]

    def watch() -> None:
        while not done.wait(0.02):
            readings.append(anonymous_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    build(source, tokenizer, folder)
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    pipe.send((readings[0], max(readings), seconds))


def anonymous_memory() -> int:
    """Bytes of this process that belong to no file."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell a process's anonymous memory")
