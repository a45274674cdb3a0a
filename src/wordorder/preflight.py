"""What is said, and refused, before the first step."""

import multiprocessing
import shlex
import shutil
import time
from typing import Any

import torch

from wordorder import identity
from wordorder.closing import typed
from wordorder.data.batch import Batch
from wordorder.errors import InputError
from wordorder.job import Job
from wordorder.model.transformer import Transformer
from wordorder.sweep.estimate import duration
from wordorder.tokenizer.shop import training_cost
from wordorder.training.engine import make_module
from wordorder.training.fit import Part

TRIAL_TOKENS = 1024


def announce(job: Job, part: Part, n_steps: int, first: int) -> str:
    """Parameters, vocabulary, tokens, steps, expected time (of a run by itself) and disk, in two lines."""
    counts, rows, n_tokens = part.model.count_parameters(), job.fit.batch_size, part.rows.tokens_a_row
    epochs = n_steps * rows * n_tokens / part.store.meta["splits"]["train"]["tokens"]
    about = ""
    if not multiprocessing.parent_process():  # in a pool the table shows time left, from steps that count
        seconds = (n_steps - first) * seconds_a_step(job, part)
        about = f"about {duration(seconds)} of training{', then evaluations' if job.evaluations else ''}, "
    return (
        f"{job.folder.name}: {counts['total']:,} parameters ({counts['position']:,} on position), kernel {job.kernel}"
        f"{f', {job.processes} processes' if job.processes > 1 else ''}{smaller_vocabulary(job)}\n"
        f"  {f'from step {first:,}, ' if first else ''}{n_steps:,} steps of {rows} x {n_tokens:.0f} tokens, "
        f"{n_steps * rows * n_tokens:,.0f} tokens in all ({epochs:.1f} epochs), {about}"
        f"{disk_needed(part.model) / 2**20:,.0f} MB of disk"
    )


def smaller_vocabulary(job: Job) -> str:
    """What a text gave of the vocabulary that was asked for, where it gave less."""
    asked, actual = job.config["tokenizer"].get("vocab_size"), len(job.tokenizer.vocab)
    return f", vocabulary {actual:,} of {asked:,} asked for" if asked not in (None, actual) else ""


def seconds_a_step(job: Job, part: Part) -> float:
    """A trial of one small forward and backward, scaled to a step; gradients are dropped, so no bit of the run depends on it."""
    module, length = make_module(job.fit, part), part.rows.length
    rows = min(job.fit.micro_batch_size, max(1, TRIAL_TOKENS // length))
    torch.set_num_threads(job.fit.threads)
    part.model.to(job.device).train()
    ids = torch.zeros((rows, length), dtype=torch.int64, device=job.device)
    number = torch.arange(rows, device=job.device)
    batch = Batch(ids, ids, number, number, None if job.packing.attend_across else ids)
    for _ in range(2):  # the first one warms up
        began = time.perf_counter()
        (module.sum_nats(batch, 0) / ids.numel()).backward()
        if job.device == "cuda":
            torch.cuda.synchronize()
    part.model.zero_grad(set_to_none=True)
    return (time.perf_counter() - began) * job.fit.batch_size / rows / job.processes


def disk_needed(model: Transformer) -> int:
    """Bytes at the worst moment: two checkpoints of weights and two moments, the final weights, rows and scores."""
    return model.count_parameters()["total"] * 4 * (2 * 3 + 1) + 8 * 2**20


def refuse_full_disk(job: Job, model: Transformer) -> None:
    """InputError where the disk cannot hold the run."""
    free, needed = shutil.disk_usage(job.folder).free, disk_needed(model)
    if free < needed:
        raise InputError(
            f"output_dir={job.output_dir} has {free / 2**20:,.0f} MB free, this run needs {needed / 2**20:,.0f} MB: "
            "free space or choose another output_dir"
        )


def first_facts(job: Job, part: Part, n_steps: int) -> dict[str, Any]:
    """What run.json says from the start."""
    commit, dirty = identity.commit()
    model, store = part.model, part.store
    decayed, spared = job.optimizer.groups(model)
    return {
        "run": job.folder.name,
        "experiment": job.config["name"],
        "status": "running",
        "reason": "",
        "choices": job.choices,
        "seeds": {"weight": job.config["weight_seed"], "data": job.config["data_seed"]},
        "training": job.identity,
        "code": identity.code_digest(),
        "shelf_code": identity.shelf_digest(job.config),
        "command": shlex.join(typed()),
        "words": job.words,
        "commit": commit,
        "dirty": dirty,
        "versions": identity.versions(),
        "host": identity.host(),
        "device": job.device,
        "processes": job.processes,
        "kernel": job.kernel,
        "parameters": model.count_parameters(),
        "optimizer_groups": {"decayed": decayed, "not_decayed": spared},
        "context_length": model.context_length,
        "steps": n_steps,
        "layout": job.layout,
        "digests": {"tokenizer": job.tokenizer.digest(), "data": store.meta["source"]},
        "vocabulary": {
            "requested": job.config["tokenizer"].get("vocab_size"),
            "actual": len(job.tokenizer.vocab),
            "lossless": job.tokenizer.lossless,
        },
        "tokenizer_cost": training_cost(job.output_dir / "tokenizers", job.tokenizer.digest()),
        "text": job.source.describe() | {"bytes_per_token": store.bytes_a_token},
        "initialized_from": lineage(job),
    }


def lineage(job: Job) -> dict[str, Any]:
    """Where a warm start's weights come from; {} for a cold one."""
    if job.parent is None:
        return {}
    facts = job.parent.facts
    return {
        "run": str(job.parent.folder),
        "training": facts["training"],
        "weights": facts["digests"]["weights"],
        "tokens": facts["tokens"],
        "before": facts["initialized_from"],
    }
