"""How Hydra reaches wordorder's plan and pool. Hydra loads every module of this package at start, so it imports little."""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class PlanSweeper(Sweeper):
    """Expands `plan:` and the swept words of the command line, and hands all runs to the launcher at once."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from hydra.core.plugins import Plugins

        self.config, self.loader, self.task = config, hydra_context.config_loader, task_function
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from wordorder.plan import expand
        from wordorder.plan_stages import expand_stages, skip_tuning

        parser = OverridesParser.create(config_loader=self.loader)
        overrides = parser.parse_overrides(arguments)
        swept = {
            override.get_key_element(): [
                f"{override.get_key_element()}={one}" for one in override.sweep_string_iterator()
            ]
            for override in overrides
            if override.is_sweep_override()
        }
        fixed = {one.get_key_element(): one.input_line for one in overrides if not one.is_sweep_override()}
        plan = OmegaConf.to_container(self.config.plan) or {}
        options, read = self.loader.get_group_options, lambda word: parser.parse_override(word).value()
        stages = expand_stages(plan, fixed, swept, options, read, name=str(self.config.name))
        if stages:
            points = [list(trial.words) for trial in stages.trials(stages.levels)]
        else:
            points = expand(skip_tuning(plan), fixed, swept, options, read)
        self.task.sweep(self.expansion(points, stages))

    def expansion(self, points: list[list[str]], stages: Any) -> Any:
        """The runs, which the chosen launcher trains."""
        from wordorder.command import expansion, words_in_job

        compose = Composer(self.config, self.loader)
        if isinstance(self.launcher, PoolLauncher):
            n_jobs, runs_per_gpu = self.launcher.n_jobs, self.launcher.runs_per_gpu
            return expansion(self.config, points, compose, n_jobs=n_jobs, runs_per_gpu=runs_per_gpu, stages=stages)
        plain = lambda runs: self.launcher.launch(list(map(words_in_job, runs)), initial_job_idx=0)  # noqa: E731
        launch = getattr(self.launcher, "launch_planned", plain)  # ours want to know which runs the words are
        return expansion(self.config, points, compose, n_jobs=0, launch=launch, stages=stages)


class Composer:
    """Composes the runs of a sweep. Hydra reads some thirty files for each, and sets values after that: so what a run's
    choices give is composed once, and its values are set in a copy by Hydra's own hand."""

    def __init__(self, config: DictConfig, loader: Any) -> None:
        self.config, self.loader, self.composed = config, loader, {}

    def __call__(self, words: list[str]) -> DictConfig:
        values = [word for word in words if self.is_value(word.partition("=")[0])]
        choices = tuple(word for word in words if word not in values)
        if choices not in self.composed:
            self.composed[choices] = self.loader.load_sweep_config(self.config, list(choices))
        config = deepcopy(self.composed[choices])
        self.loader._apply_overrides_to_config(OverridesParser.create().parse_overrides(values), config)
        config.hydra.overrides.task = list(words)
        return config

    def is_value(self, key: str) -> bool:
        """Is it a key of the config that is no group's? One with a dot never is, nor one that holds a plain value."""
        if not re.fullmatch(r"\w+(\.\w+)*", key) or key.startswith("hydra."):
            return False
        return "." in key or (key in self.config and not OmegaConf.is_dict(self.config[key]))


class PoolLauncher(Launcher):
    """The pool of this machine. It is no launcher of single jobs: the sweeper hands it the whole sweep, or is not ours."""

    def __init__(self, n_jobs: int, runs_per_gpu: int) -> None:
        self.n_jobs, self.runs_per_gpu = n_jobs, runs_per_gpu

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        pass

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
        from wordorder.errors import InputError

        raise InputError(
            "hydra/launcher=pool goes with hydra/sweeper=plan: choose hydra/launcher=basic for another sweeper"
        )
