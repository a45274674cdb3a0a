"""The command line: Hydra composes a config, this hands it to a run, a sweep, an evaluation or a comparison."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from wordorder.check import conf_dir
from wordorder.errors import InputError
from wordorder.spelling import explain_hydra
from wordorder.sweep.expansion import Expansion, folders_of
from wordorder.words import arrange

Configured = tuple[dict[str, Any], dict[str, str]]


def main(
    task: Callable[[DictConfig], None], config_name: str, *, sweep: Callable[[Expansion], None] | None = None
) -> None:
    """Run a command: `task` with one config, or `sweep` with many, which by default trains them.

    What a person can put right ends in one sentence and exit code 1; a stop that was asked for in 130.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and the sentence is ours
    sys.argv[1:] = arrange(sys.argv[1:], config_name)
    try:
        hydra.main(version_base="1.3", config_path=conf_dir(), config_name=config_name)(
            answering(task, sweep or train_all)
        )()
    except InputError as error:
        stop(str(error))
    except Exception as error:
        if not (sentence := explain_hydra(error, conf_dir(), config_name)):
            raise
        stop(sentence)


def answering(task: Callable[[DictConfig], None], sweep: Callable[[Expansion], None]) -> Callable[[DictConfig], None]:
    """Answer a task's InputError here, because Hydra adds lines of its own to what leaves a job. The launcher, which Hydra
    gives nothing but the task, finds there what a sweep is for."""

    def answer(config: DictConfig) -> None:
        try:
            task(config)
        except InputError as error:
            stop(str(error))

    answer.sweep = sweep
    return answer


def stop(sentence: str) -> None:
    print(f"wordorder: {sentence}", file=sys.stderr)
    sys.exit(1)


def plain(config: DictConfig) -> Configured:
    """A composed config as plain values, and the choice made in each group."""
    hydra_config = config.hydra if "hydra" in config else HydraConfig.get()
    choices = {
        group: choice for group, choice in hydra_config.runtime.choices.items() if not group.startswith("hydra/")
    }
    own = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    values = OmegaConf.to_container(own, resolve=True)
    refuse_two_units(values, OmegaConf.to_container(own, resolve=False))
    return values, {group: choice for group, choice in choices.items() if isinstance(choice, str)}


def refuse_two_units(values: dict[str, Any], asked: dict[str, Any]) -> None:
    """A scheme counts tokens, so no argument of it may follow a context that is counted in bytes."""
    if values.get("data", {}).get("context_unit") == "bytes":
        for key, value in walk(asked.get("position", {}), "position"):
            if value == "${model.context_length}":
                raise InputError(
                    f"{key} follows model.context_length={values['model']['context_length']}, which "
                    f"data.context_unit=bytes counts in bytes: {key}=TOKENS"
                )


def walk(node: dict[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """Every value of a section with its full key."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from walk(value, f"{key}.{name}")
        else:
            yield f"{key}.{name}", value


def train(config: DictConfig) -> None:
    """One run."""
    from wordorder.closing import closing_table
    from wordorder.job import Job
    from wordorder.run import train as train_job
    from wordorder.training.interrupt import Interrupted

    try:
        job = Job(*plain(config))
        outcome = train_job(job)
    except (Interrupted, KeyboardInterrupt):
        say_how_to_go_on()
    closing_table([outcome], job.mirror)
    if outcome.status == "failed":
        sys.exit(1)


def expansion(
    config: DictConfig, points: list[list[str]], compose: Callable[[list[str]], DictConfig], *, n_jobs: int
) -> Expansion:
    """What the typed words stand for; `config` has Hydra's section."""
    sources = [
        {key: str(source[key]) for key in ("path", "schema", "provider")}
        for source in config.hydra.runtime.config_sources
    ]
    typed = [*config.hydra.overrides.hydra, config.hydra.job.config_name]
    return Expansion(points, compose, typed, folders_of(sources), Path(config.output_dir), n_jobs)


def single(config: DictConfig) -> Expansion:
    """One run, as an expansion."""
    whole = DictConfig({"output_dir": config.output_dir, "hydra": HydraConfig.get()})
    return expansion(whole, [list(HydraConfig.get().overrides.task)], lambda words: config, n_jobs=1)


def train_all(expansion: Expansion) -> None:
    """Compose every run of a sweep and train them."""
    sweep([expansion.compose(words) for words in expansion.points], n_jobs=expansion.n_jobs)


def sweep(configs: list[DictConfig], *, n_jobs: int) -> None:
    """All runs of a sweep, checked before the first begins; then their comparison."""
    from wordorder.closing import closing_table
    from wordorder.comparing import compare_folder
    from wordorder.cores import count_jobs
    from wordorder.job import Job
    from wordorder.pool import run_all
    from wordorder.training.interrupt import Interrupted

    planned = [Job(*plain(config)) for config in configs]
    jobs = list({job.folder: job for job in planned}.values())  # the same run asked for twice is one run
    n_jobs = min(len(jobs), count_jobs(n_jobs, jobs[0].fit.threads))
    print(f"{len(jobs)} runs, {n_jobs} at a time, under {jobs[0].folder.parent}", flush=True)
    try:
        outcomes = run_all(jobs, n_jobs=n_jobs)
    except (Interrupted, KeyboardInterrupt):
        say_how_to_go_on()
    closing_table(outcomes, jobs[0].mirror)
    first = jobs[0].config
    compare_folder(jobs[0].folder.parent, first["compare"], first["logger"], question=first["question"])
    if any(outcome.status == "failed" for outcome in outcomes):
        sys.exit(1)


def say_how_to_go_on() -> None:
    print(f"\nstopped, checkpoints written; go on with:\n  {shlex.join(['python', *sys.argv])}", file=sys.stderr)
    sys.exit(130)


def evaluate(config: DictConfig) -> None:
    """What has not been asked yet of one run, of all runs of an experiment, or of a pretrained model."""
    from wordorder import asking
    from wordorder.override import override_position

    values, choices = plain(config)
    asking.evaluate(
        values,
        choices,
        typed=list(HydraConfig.get().overrides.task),
        override=lambda trained: override_position(trained, values["overrides"], conf_dir()),
    )


def show_position(config: DictConfig) -> None:
    """A picture of what a scheme does; or of every scheme, and a page of them."""
    import torch

    from wordorder.show.gallery import write_gallery
    from wordorder.show.position import show

    torch.set_num_threads(1)  # tensors are so small that a second one only waits
    values, choices = plain(config)
    typed, shelf = list(HydraConfig.get().overrides.task), Path(conf_dir()) / "position"
    words = [word for word in typed if word.split("=")[0] not in ("position", "out", "all", "length")]
    if not values["all"]:
        print(show(choices["position"], values, shelf / f"{choices['position']}.yaml", words=words)[-1])
        return
    names = sorted(path.stem for path in shelf.glob("*.yaml"))
    each = ((name, plain(hydra.compose("show_position", [*typed, f"position={name}"]))[0]) for name in names)
    print(write_gallery(each, Path(values["out"]), yamls=shelf, words=words))


def show_data(config: DictConfig) -> None:
    """What a model is given: some text, its tokens, what is scored, and the first rows of training."""
    from rich.console import Console

    from wordorder.show.data import Shown

    console = Console(width=None if Console().is_terminal else 140)
    Shown(*plain(config)).print(console)


def show_input(config: DictConfig) -> None:
    """How a text becomes the tensor that enters the first block, under one scheme or several."""
    import torch
    from rich.console import Console

    from wordorder.show.input import show

    torch.set_num_threads(1)
    console = Console(width=None if Console().is_terminal else 140)
    print(show(plain(config)[0], console))


def compare(config: DictConfig) -> None:
    """The comparison of an experiment's runs, shown as the experiment's config says, where a typed word does not."""
    from wordorder.comparing import compare_folder
    from wordorder.record.read import find_experiment, list_runs
    from wordorder.record.run_record import RunRecord

    values, _ = plain(config)
    if not values["experiment_name"]:
        raise InputError("experiment is required: experiment=NAME, a folder under output_dir")
    folder = find_experiment(values["experiment_name"], output_dir=values["output_dir"])
    saved = RunRecord(list_runs(folder)[-1].resolve())
    settings = saved.config()["compare"] if (saved.folder / "config.yaml").exists() else values["compare"]
    typed = [override.split("=")[0].lstrip("+").split(".") for override in HydraConfig.get().overrides.task]
    settings |= {key[1]: values["compare"][key[1]] for key in typed if key[0] == "compare" and len(key) > 1}
    compare_folder(folder, settings, values["logger"], question=saved.config().get("question", ""))


def generate(config: DictConfig) -> None:
    """A trained run goes on from a prompt."""
    import torch

    from wordorder.generating import check_config, write
    from wordorder.saved import load

    torch.set_num_threads(1)  # two would give other bits, so at times another text
    values, _ = plain(config)
    check_config(values)
    try:
        model, tokenizer, _ = load(values["run"], allow=tuple(values["allow"]))
        write(model, tokenizer, values)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)


def export(config: DictConfig) -> None:
    """A trained run as a folder of the Hugging Face layout."""
    from wordorder.exporting import export as write_run

    print(write_run(plain(config)[0]))
