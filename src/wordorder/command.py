"""The way from typed words to a command: Hydra composes a config, or all those of a sweep, and this hands over plain values."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from wordorder.check import conf_dir
from wordorder.errors import InputError
from wordorder.spelling import AT_THE_TOP, FIRST_LINE, explain_hydra
from wordorder.sweep.expansion import Configured, Expansion, Launch, folders_of
from wordorder.sweep.stages import Stages
from wordorder.words import arrange, quote

if TYPE_CHECKING:  # needs pandas, for which a command need not wait that trains nothing
    from wordorder.sweep.planned import Planned

# conf/hydra/launcher/joblib.yaml and submitit_slurm.yaml bear the names of their plugins' schemas and are meant to be held
# against them, of which Hydra warns.
warnings.filterwarnings("ignore", message=r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema")

PLANNED = "WORDORDER_PLANNED"  # of a job's environment, as Hydra sets it: the folder that the plan has for its run


def main(task: Callable[[DictConfig], None], config_name: str, *, sweep: Callable[[Expansion], None]) -> None:
    """Run a command: `task` with one config, or `sweep` with many.

    What a person can put right ends in one sentence and exit code 1; a stop that was asked for in 130.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and the sentence is ours
    sys.argv[1:] = arrange(sys.argv[1:], config_name)
    try:
        hydra.main(version_base="1.3", config_path=conf_dir(), config_name=config_name)(answering(task, sweep))()
    except InputError as error:
        stop(str(error))
    except Exception as error:
        if not (sentence := explain_hydra(error, conf_dir(), config_name, sys.argv[1:])):
            raise
        stop(sentence)
    except KeyboardInterrupt:  # not while a run was made, of which its command says where it lies
        print("\nwordorder: stopped; the same command goes on", file=sys.stderr)
        sys.exit(130)


def answering(task: Callable[[DictConfig], None], sweep: Callable[[Expansion], None]) -> Callable[[DictConfig], None]:
    """Answer a task's InputError here, because Hydra adds lines of its own to what leaves a job. The launcher, which Hydra
    gives nothing but the task, finds there what a sweep is for."""

    def answer(config: DictConfig) -> None:
        try:
            refuse_plan_of_one(config)
            task(config)
        except InputError as error:
            stop(str(error))

    answer.sweep = sweep
    return answer


def refuse_plan_of_one(config: DictConfig) -> None:
    """InputError for a plan that nothing expands; each run of a sweep has its plan, too."""
    if config.get("plan") and not launched():
        raise InputError(
            f"plan={{{', '.join(config.plan)}: ...}} is a sweep, and nothing says to train it as one: add -m, or end the "
            "experiment's yaml with hydra: {mode: MULTIRUN}"
        )


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
    refuse_unpacked(config, choices)
    values = OmegaConf.to_container(own, resolve=True)
    refuse_two_units(values, OmegaConf.to_container(own, resolve=False))
    return values, {group: choice for group, choice in choices.items() if isinstance(choice, str)}


def refuse_unpacked(config: DictConfig, choices: dict[str, str | None]) -> None:
    """InputError for an experiment whose keys lie in a section of its name, and not where they are read."""
    for group in AT_THE_TOP:
        if group in config:
            raise InputError(f"{group}={choices.get(group)}: {FIRST_LINE}")


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


def expansion(
    config: DictConfig,
    points: list[list[str]],
    compose: Callable[[list[str]], DictConfig],
    *,
    n_jobs: int,
    runs_per_gpu: int = 1,
    launch: Launch | None = None,
    stages: Stages | None = None,
) -> Expansion:
    """What the typed words stand for; `config` has Hydra's section. A config is composed once, however often it is asked."""
    sources = [
        {key: str(source[key]) for key in ("path", "schema", "provider")}
        for source in config.hydra.runtime.config_sources
    ]
    typed = [*config.hydra.overrides.hydra, config.hydra.job.config_name]
    composed: Callable[[tuple[str, ...]], Configured] = cache(lambda words: plain(compose(list(words))))
    folders, output_dir = folders_of(sources), Path(config.output_dir)
    once = lambda words: composed(tuple(words))  # noqa: E731
    return Expansion(points, once, typed, folders, output_dir, n_jobs, runs_per_gpu, launch, stages)


def launched() -> bool:
    """Is the run at hand one of many, which a launcher was given?"""
    return not OmegaConf.is_missing(HydraConfig.get().job, "num")  # its number among them


def words_in_job(run: "Planned") -> list[str]:
    """A run as a launcher is given it, which composes its config anew in the job: its words, and where it is planned to lie."""
    return [*run.words, f"+hydra.job.env_set.{PLANNED}={quote(run.folder)}"]


def planned_folder() -> Path | None:
    """Where the run at hand lies by the plan that it was launched from; None for one that no launcher was given."""
    planned = HydraConfig.get().job.env_set.get(PLANNED)
    return Path(planned) if planned else None


def holds_allocation() -> bool:
    """Is the run at hand a job of its own, whose machine nobody else can use while it waits?"""
    return launched() and HydraConfig.get().runtime.choices["hydra/launcher"] == "submitit_slurm"


def single(config: DictConfig) -> Expansion:
    """One run, as an expansion."""
    own = HydraConfig.get()
    whole = DictConfig({"output_dir": config.output_dir, "hydra": own})

    def compose(words: list[str]) -> DictConfig:
        return hydra.compose(own.job.config_name, [*own.overrides.hydra, *words], return_hydra_config=True)

    return expansion(whole, [list(own.overrides.task)], compose, n_jobs=1)
