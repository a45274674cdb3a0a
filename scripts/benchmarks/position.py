"""What a position scheme costs: time and memory of a training step of the quickstart's model, beside position=none.

Time: scheme and `none` take turns step by step on the same random ids, `--tokens` of them a step at every context, and the
ratio is taken within each round. Memory: the bytes of all tensors that live at once during a step, weights, gradients and
AdamW's moments among them. They are counted, not sampled, and come out the same every time: on a CPU from each allocation
and release that torch's profiler records (what a library takes for itself past torch is not seen), on CUDA by torch's own
allocator.

README's table is made from `--out scripts/benchmarks/position.json`. Rows of other schemes that are there stay, if machine,
torch, tokens and threads are the same.
"""

import argparse
import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import torch
from benchmarks.measure import Report, Row, machine_facts, median_ms, repeat, take_turns, times_faster
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import nn
from torch.profiler import ProfilerActivity, profile

from wordorder import identity
from wordorder.check import Config, conf_dir, make
from wordorder.errors import InputError
from wordorder.model.transformer import Transformer, make_context

NAMES = sorted(path.stem for path in Path(conf_dir()).glob("position/*.yaml") if path.stem != "none")
V, BATCHES = 1024, (1, 2, 4)  # ids; rows of the steps whose memory is compared
TIME, MEMORY = "time of a step", "memory of a step"  # tables; readme.py reads the first
MB = 2**20

Step = Callable[[], object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schemes", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help="all unless named")
    parser.add_argument("--lengths", nargs="+", type=int, default=[128, 512, 2048], help="tokens of a context")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens of a timed step, whatever the context")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each scheme")
    parser.add_argument(
        "--seconds", type=float, default=60, help="for a scheme at a context: a slow one has fewer turns"
    )
    parser.add_argument("--devices", nargs="+", choices=["cpu", "cuda"], help="all there are unless named")
    parser.add_argument("--threads", type=int, default=1)


def measure(arguments: argparse.Namespace) -> Report:
    """A row in either table for each device, context and scheme."""
    torch.set_num_threads(arguments.threads)
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler otherwise announces each start and stop
    commit, dirty = identity.commit()
    gpu = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    settings = {key: getattr(arguments, key) for key in ("tokens", "rounds", "threads")} | {"vocab": V}
    facts = machine_facts() | gpu | {"commit": commit[:12], "dirty": dirty}
    report = Report("position", settings, {TIME: [], MEMORY: []}, machine=facts)
    own = {"date": report.date[:10], "commit": commit[:12]}
    there = ["cpu"] + ["cuda"] * torch.cuda.is_available()
    for device, length in product(arguments.devices or there, arguments.lengths):
        configs = dict(read_configs(["none", *arguments.schemes], length))
        none = count_bytes(configs["none"], length, device)
        for name, config in configs.items():
            if name == "none":
                continue
            at = {"scheme": name, "device": device, "context": length}
            with limited_memory():
                time = compare_time(config, configs["none"], length, device, arguments)
                memory = compare_memory(config, none, length, device)
            report.tables[TIME].append(at | time | own)
            report.tables[MEMORY].append(at | memory | own)
    if arguments.out and arguments.out.exists():
        keep_rows(report, json.loads(arguments.out.read_text(encoding="utf-8")))
    return report


@contextmanager
def limited_memory() -> Iterator[None]:
    """Let torch say that memory is short before the system ends the process, where the system says how much there is."""
    before, file = resource.getrlimit(resource.RLIMIT_DATA), Path("/proc/meminfo")
    if file.exists():
        free = next(line for line in file.read_text().splitlines() if line.startswith("MemAvailable"))
        resource.setrlimit(resource.RLIMIT_DATA, (int(free.split()[1]) * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def read_configs(names: list[str], length: int) -> Iterator[tuple[str, Config]]:
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        for name in names:
            words = ["model=nano", f"position={name}", f"model.context_length={length}"]
            yield name, OmegaConf.to_container(compose("train", overrides=words), resolve=True)


def make_step(config: Config, rows: int, length: int, device: str) -> tuple[Transformer, torch.optim.Optimizer, Step]:
    """What a run does with a batch: forward, loss, backward, clip, AdamW. Raises ValueError for what the scheme refuses."""
    scheme = make(config["position"], "position")
    scheme.bind([bytes([number % 256]) for number in range(V)])
    model: Transformer = make(config["model"], "model", vocab_size=V, position=scheme).initialise(0).to(device)
    optimizer = make(config["optimizer"], "optimizer").build(model)
    draw = torch.Generator().manual_seed(0)
    ids_BT, target_BT = torch.randint(V, (2, rows, length), generator=draw).to(device)
    scheme.at_step(0, 1000)

    def step() -> None:
        loss = model.sum_nats(model.hidden(make_context(ids_BT)), target_BT, unscored=-1) / target_BT.numel()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if device == "cuda":
            torch.cuda.synchronize()

    return model, optimizer, step


def compare_time(config: Config, none: Config, length: int, device: str, arguments: argparse.Namespace) -> Row:
    """Milliseconds of a step, and the ratio to a step without a scheme: median and middle half of the rounds."""
    rows = max(1, arguments.tokens // length)
    figures: Row = dict.fromkeys(("kernel", "ms", "none ms", "times none", "low", "high", "why"))
    try:
        model, _, own = make_step(config, rows, length, device)
        steps = {"scheme": own, "none": make_step(none, rows, length, device)[2]}
        first = sum(repeat(step, 1) for step in steps.values())  # which warms up
        rounds = max(2, min(arguments.rounds, int(arguments.seconds / first)))
        seconds = take_turns(
            steps, rounds=rounds, steps=1, warmup=0, title=f"{length} {config['position']['_target_']}"
        )
    except (ValueError, RuntimeError) as error:
        return figures | {"why": reason(error)}
    ratio = times_faster(seconds["none"], seconds["scheme"])
    kernel = model.kernel_for(make_context(torch.zeros((1, 1), dtype=torch.int64, device=device)))
    ms = {"ms": median_ms(seconds["scheme"]), "none ms": median_ms(seconds["none"])}
    return (
        figures | ms | {"kernel": kernel, "times none": ratio.median, "low": ratio.low, "high": ratio.high, "why": ""}
    )


def compare_memory(config: Config, none: list[int], length: int, device: str) -> Row:
    """Megabytes of a step with 1, 2 and 4 rows, what each row adds, and what the scheme adds to both."""
    names = [f"MB with {rows}" for rows in BATCHES]
    figures: Row = dict.fromkeys((*names, "MB a row", "MB over none", "MB a row over none", "why"))
    try:
        found = count_bytes(config, length, device)
    except (ValueError, RuntimeError) as error:
        return figures | {"why": reason(error)}
    slope, plain = (per_row(counts) / MB for counts in (found, none))
    figures |= {name: count / MB for name, count in zip(names, found, strict=True)}
    return figures | {
        "MB a row": slope,
        "MB over none": (found[-1] - none[-1]) / MB,
        "MB a row over none": slope - plain,
        "why": "",
    }


def per_row(counts: list[int]) -> float:
    """Bytes that a row more takes, between the two larger batches: with one row the optimizer's step may be the peak."""
    return (counts[-1] - counts[-2]) / (BATCHES[-1] - BATCHES[-2])


def count_bytes(config: Config, length: int, device: str) -> list[int]:
    """The largest number of bytes that live at once in a step, for each of BATCHES."""
    return [count_step(*make_step(config, rows, length, device), device) for rows in BATCHES]


def count_step(model: Transformer, optimizer: torch.optim.Optimizer, step: Step, device: str) -> int:
    """Of a step that finds AdamW's moments made."""
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        step()
        return torch.cuda.max_memory_allocated()
    kept = [*model.parameters(), *(part for state in optimizer.state.values() for part in state.values())]
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        step()
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return sum(tensor.nbytes for tensor in kept) + peak


def reason(error: Exception) -> str:
    """Why there is no figure. Anything but a refusal and a lack of memory is a fault and is raised again."""
    if isinstance(error, ValueError | InputError):
        return str(error)
    if isinstance(error, torch.OutOfMemoryError) or "allocate" in str(error):
        return "out of memory"
    raise error


def keep_rows(report: Report, old: dict) -> None:
    """Add the old rows of what was not measured now, of schemes that are still there."""
    same_machine = all(old["machine"].get(key) == report.machine[key] for key in ("cpu", "torch"))
    if not same_machine or any(old["settings"][key] != report.settings[key] for key in ("tokens", "threads", "vocab")):
        return
    for title, rows in report.tables.items():
        known = {(row["scheme"], row["device"], row["context"]) for row in rows}
        kept = [row for row in old["tables"][title] if (row["scheme"], row["device"], row["context"]) not in known]
        rows += [row for row in kept if row["scheme"] in NAMES]
        rows.sort(key=lambda row: (row["device"], row["context"], row["scheme"]))
