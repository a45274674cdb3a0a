"""What a run trains with, made from its job, and what is asked about; every process that trains it makes the same."""

from wordorder.data.building import open_store
from wordorder.data.rows import Rows
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.evaluation.base import Subject
from wordorder.job import Job
from wordorder.model.transformer import Transformer
from wordorder.saved import bind, load_tokenizer, load_weights
from wordorder.text import train_tokenizer
from wordorder.training.fit import Part


def prepare(job: Job, *, verified: bool = False) -> TokenStore:
    """Tokenizer and token store, made once and kept beside the runs; the scheme learns the vocabulary.

    `verified` says that another process has just found the store whole. Raises InputError for a text that changes meanwhile.
    """
    if job.parent:
        load_tokenizer(job.tokenizer, job.parent)
    else:
        train_tokenizer(job.tokenizer, job.source, job.config)
    bind(job.position, job.tokenizer)
    store = open_store(job.source, job.tokenizer, job.output_dir / "token_store", verified=verified)
    if store.meta["source"] != job.source_digest:
        raise InputError("source: its text has changed since this command began; type the same command again")
    return store


def make_part(job: Job, store: TokenStore, model: Transformer) -> Part:
    """The model, with the weights that it begins from, and the rows of its training."""
    if job.parent:
        load_weights(model, job.parent, only=inherited(job))
    return Part(model, store, make_rows(job, store, model), job.optimizer, job.schedule, job.config["weight_seed"])


def make_rows(job: Job, store: TokenStore, model: Transformer) -> Rows:
    """The rows of its training."""
    seed, length = job.config["data_seed"], model.context_length
    return job.packing.rows(store.stream("train"), job.source, length=length, data_seed=seed)


def make_subject(job: Job, model: Transformer, store: TokenStore) -> Subject:
    across = job.packing.attend_across
    return Subject(model, job.tokenizer, store, job.device, layout=job.layout, attend_across=across)


def inherited(job: Job) -> tuple[str, ...]:
    """Which weights a warm start takes over: all, but those of the position scheme only if the scheme is the same."""
    if job.parent.config()["position"] == job.config["position"]:
        return ("",)
    return ("embedding.", "blocks.", "norm.", "head.")
