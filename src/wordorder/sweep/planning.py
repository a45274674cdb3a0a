"""Make the plan of a sweep: each run is composed and checked as train.py does it, so a plan refuses what training refuses.

What depends on a text alone is done once for runs that share it: a task's digest takes seconds, and runs may be thousands.
"""

from dataclasses import dataclass, field
from functools import cached_property

from tqdm import tqdm

from wordorder import identity
from wordorder.check import Config
from wordorder.job import Job
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.inputs import digest_package
from wordorder.sweep.planned import (
    Compared,
    Held,
    Plan,
    Planned,
    arm_of,
    compared,
    foreign_packages,
    is_function_of_arguments,
)

TEXT_CHECKED = ("source", "tokenizer", "data")  # and the model's context: all that Job.check_text looks at


@dataclass
class Shared:
    """What was found out about texts: digests of sources, and which texts were checked with which context."""

    digests: dict[str, str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)


class SharingJob(Job):
    """A job among many: what was found out about its text is not found out again."""

    def __init__(self, config: Config, choices: dict[str, str], shared: Shared):
        self.shared = shared
        super().__init__(config, choices)

    def check_text(self) -> None:
        seen = [*(self.config[name] for name in TEXT_CHECKED), self.config["model"]["context_length"]]
        if identity.digest(seen) not in self.shared.checked:
            super().check_text()
        self.shared.checked.add(identity.digest(seen))

    @cached_property
    def source_digest(self) -> str:
        node = identity.digest(self.config["source"])
        if node not in self.shared.digests:
            self.shared.digests[node] = self.source.digest()
        return self.shared.digests[node]


def make_plan(expansion: Expansion) -> Plan:
    """Compose and check every run. Raises InputError."""
    runs: dict[str, Planned] = {}
    held, shared, code = Held(), Shared(), identity.code_digest()
    arms: dict[tuple[str, ...], Compared] = {}
    for words in tqdm(expansion.points, desc="plan", unit="run", leave=False, disable=None):
        job = SharingJob(*expansion.compose(words), shared)
        run = runs[str(job.folder)] = describe(job, words, code)  # the same run asked for twice is one run
        apart = (str(job.folder.parent), run.arm, run.parent)
        if apart not in arms:
            arms[apart] = compared(job.folder, job.config, job.choices)
        hold(held, job)
    return Plan(list(runs.values()), held, list(arms.values()))


def describe(job: Job, words: list[str], code: str) -> Planned:
    """What is kept of a job."""
    return Planned(
        words=words,
        folder=str(job.folder),
        rerun=job.config["rerun"],
        arm=arm_of(job.config),
        evaluations=job.evaluation_ids(),
        code=[code, identity.shelf_digest(job.config)],
        threads=job.threads,
        device=job.config["device"],
        devices=job.config["devices"],
        parent=job.config["initialize_from"],
    )


def hold(held: Held, job: Job) -> None:
    """Note what the job's identity stands for."""
    if not is_function_of_arguments(job.source):
        held.add("sources", job.config["source"], job.source_digest)
    if contents := job.tokenizer.contents():
        held.add("tokenizers", job.config["tokenizer"], contents)
    if job.parent:
        held.add("parents", job.config["initialize_from"], job.parent.facts["digests"]["weights"])
    for name in foreign_packages(job.config):
        held.add("packages", name, digest_package(name))
