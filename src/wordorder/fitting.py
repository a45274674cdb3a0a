"""The training of one run, from its checkpoint or from the start, to the final weights in its record."""

from wordorder import identity
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.evaluation.bits_per_byte import validation
from wordorder.following import gathered
from wordorder.job import Job
from wordorder.memory import forget_peak, peak_memory
from wordorder.model.transformer import Transformer
from wordorder.opening import differing_keys
from wordorder.parts import make_part, make_rows, make_subject
from wordorder.preflight import announce, first_facts, refuse_full_disk
from wordorder.record.run_record import RunRecord
from wordorder.saved import read_checkpoint, save_weights
from wordorder.training import engine
from wordorder.training.flops import count_flops
from wordorder.training.group import Group
from wordorder.training.interrupt import Interrupt, Interrupted
from wordorder.training.progress import TRAIN, Progress, say
from wordorder.training.recording import Recording


def fit(job: Job, record: RunRecord, store: TokenStore, model: Transformer, progress: Progress, group: Group) -> None:
    """Train the model from its last checkpoint or from the start, and leave its final weights in the record."""
    part = make_part(job, store, model)
    first = resume_step(job, record)
    n_steps = job.fit.count_steps(part)
    refuse_full_disk(job, model)
    if first:
        record.cut_rows(first)
    else:
        record.clear()
        record.create(job.config, first_facts(job, part, n_steps))
        job.tokenizer.save(record.folder / "tokenizer")
    say(announce(job, part, n_steps, first))
    job.mirror.open(record.folder)
    progress.begin(TRAIN, of=n_steps, first=first)
    with Interrupt() as interrupt, gathered(job, group) as group:
        recording = Recording(
            record,
            job.intervals,
            own={"training": job.identity, "config": job.config},
            n_steps=n_steps,
            validate=lambda: validation(make_subject(job, model, store), tokens=job.intervals.validate_tokens),
            on_row=job.mirror.row,
            interrupt=interrupt,
            progress=progress,
            group=group,
        )
        workers = job.config["workers"]
        forget_peak(job.device)
        engine.run(job.fit, part, record=record, steps=recording, device=job.device, workers=workers, group=group)
    if recording.step_drained < n_steps:
        raise Interrupted(str(record.folder))
    weights = save_weights(model, record)
    seconds = recording.seconds
    record.update(
        digests=record.facts["digests"] | {"weights": weights},
        tokens=int(recording.tokens),
        bytes=round(recording.tokens * store.bytes_a_token),
        seconds=seconds,
        tokens_per_second=recording.tokens / seconds,
        memory_bytes=peak_memory(job.device),
        first_step_at=recording.first_step_at,
    )
    record.checkpoint.unlink(missing_ok=True)


def count_spent(job: Job, record: RunRecord, store: TokenStore, model: Transformer) -> None:
    """FLOPs of a training that is over, where they are not known: counting them delays no first step.

    The scheme is as it was at that step; what it was at the last one, the caller restores.
    """
    if "flops" not in record.facts:
        steps = record.facts["steps"]
        model.cpu().train().position.at_step(0, steps)
        a_row = count_flops(model, make_rows(job, store, model).length)
        record.update(flops=steps * job.fit.batch_size * a_row)


def resume_step(job: Job, record: RunRecord) -> int:
    """The step of the checkpoint that this run goes on from, 0 if there is none. Raises InputError for another run's."""
    if not record.checkpoint.exists():
        return 0
    checkpoint = read_checkpoint(record.checkpoint)
    own = checkpoint["callbacks"]["recording"]["own"]
    if own["training"] != job.identity:
        sections = (*identity.TRAINING_SECTIONS, "source")
        theirs, ours = ({name: config[name] for name in sections} for config in (own["config"], job.config))
        differ = "; ".join(differing_keys(theirs, ours)) or "its text differs"
        raise InputError(f"{record.checkpoint} belongs to another config: {differ}; delete it")
    return int(checkpoint["global_step"]) if record.facts else 0
