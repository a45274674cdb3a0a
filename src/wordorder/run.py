"""One run, from its config to its record. Knows no Hydra, so a worker process starts without it."""

import errno
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from wordorder import identity, keeping
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.fitting import count_spent, fit
from wordorder.following import follow
from wordorder.job import Job
from wordorder.keeping import Code
from wordorder.mirroring import mirror_ended
from wordorder.outcome import Outcome
from wordorder.parts import make_subject, prepare
from wordorder.record.run_record import RunRecord
from wordorder.saved import load_weights
from wordorder.scoring import score_missing
from wordorder.training.group import Group, joined
from wordorder.training.interrupt import Interrupted
from wordorder.training.progress import Progress, alone, say
from wordorder.training.recording import calendar_time
from wordorder.training.steps import Diverged

FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or this user's share of it


def train(
    job: Job, *, progress: Progress | None = None, wait: Callable[[str], None] | None = say, rerun: str = ""
) -> Outcome:
    """Train and evaluate what is missing of this run, and record it. `rerun` stands for the config's.

    A run that another process holds is waited for, and `wait` told for whom; without `wait` Held is raised. What that process
    leaves is kept or gone on with, whatever rerun= says, where it was at work when this one came.
    Raises InputError for what a person can put right, Interrupted after an asked-for stop. A diverged run is an Outcome;
    any other exception is written into the record and raised again. Of several processes that torchrun or srun has started,
    the first answers, and the others end here.
    """
    if job.place and multiprocessing.parent_process():
        raise InputError("a sweep begins its processes itself: start it without torchrun or srun, or one run at a time")
    with joined(job.place, device=job.device) as group:
        if not group.leads:
            follow(job, group)
            sys.exit(0)
        try:
            return lead(job, group, progress or alone(job.folder.name), wait=wait, rerun=rerun or job.config["rerun"])
        finally:
            group.dismiss()


def lead(job: Job, group: Group, progress: Progress, *, wait: Callable[[str], None] | None, rerun: str) -> Outcome:
    """Keep, train, evaluate and record, as the only or the first process."""
    record = RunRecord(job.folder)
    if kept := keep(job, record, rerun):
        mirror_ended(record.folder, job.mirror)
        return kept
    rerun = rerun if made_again(job, record, rerun) else "no"
    torch.set_num_threads(job.fit.threads)
    try:
        with telling_full_disk(job.output_dir):
            store = prepare(job)
            with record.hold(wait=wait):
                return keep(job, record, rerun) or train_held(job, record, store, progress, rerun, group)
    finally:
        progress.end()


@contextmanager
def telling_full_disk(folder: Path) -> Iterator[None]:
    """Raise InputError where there is no room for a file."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise InputError(f"the disk is full under {folder}: free space and type the same command again") from error


def refuse_unplanned(job: Job, planned: Path | None) -> None:
    """Raise InputError for a run that is another by now than the one of a plan, by the folder that this has for it."""
    if planned is not None and job.folder != planned:
        changed = "a config, a text, a tokenizer's file or the weights that it begins from have changed since the plan was made"
        raise InputError(f"{planned}: {changed}; type the same command again")


def keep(job: Job, record: RunRecord, rerun: str) -> Outcome | None:
    """The outcome of a run that need not run."""
    said = keeping.reason_to_keep(record.facts, rerun=rerun, evaluations=job.evaluation_ids(), code=today(job))
    return Outcome(record.folder, "failed" if record.facts["status"] == "failed" else "kept", said) if said else None


def today(job: Job) -> Code:
    """The digests of the code that would make this run."""
    return identity.code_digest(), identity.shelf_digest(job.config)


def made_again(job: Job, record: RunRecord, rerun: str) -> bool:
    """Does rerun= ask to forget what is there?"""
    return keeping.made_again(record.facts, rerun=rerun, code=today(job))


def train_held(job: Job, record: RunRecord, store: TokenStore, progress: Progress, rerun: str, group: Group) -> Outcome:
    """The run itself, its folder held."""
    if made_again(job, record, rerun):
        record.clear()
    model = job.make_model(store)
    try:
        if record.trained:
            load_weights(model, record)
            record.checkpoint.unlink(missing_ok=True)  # a kill may have come before this
        else:
            fit(job, record, store, model, progress, group)
        count_spent(job, record, store, model)
        model.to(job.device).eval().position.at_step(record.facts["steps"], record.facts["steps"])
        subject = make_subject(job, model, store)
        nodes = job.config["evaluation"]
        score_missing(record, subject, job.evaluations, job.evaluation_ids(), nodes=nodes, progress=progress)
        record.update(status="done", reason="", scored_at=calendar_time())
        job.mirror.close(record.folder)
        return Outcome(record.folder, "done")
    except Diverged as error:
        said = f"{error}: lower optimizer.lr (now {job.config['optimizer']['lr']}) or raise schedule.warmup"
        record.update(diverged=True)  # so a choice between values may count it, which no other failure may be
        return fail(job, record, said)
    except (InputError, Interrupted, OSError):
        raise
    except Exception as error:
        (record.folder / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
        fail(job, record, f"{type(error).__name__}: {error}")
        raise


def fail(job: Job, record: RunRecord, reason: str) -> Outcome:
    """Mark the run failed; what was recorded stays."""
    record.update(status="failed", reason=reason, failed_at=calendar_time())
    job.mirror.close(record.folder)
    return Outcome(record.folder, "failed", reason)
