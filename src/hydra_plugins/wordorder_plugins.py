"""How Hydra reaches wordorder's plan and pool. Hydra loads every module of this package at start, so it imports little."""

from collections.abc import Sequence
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
        self.task.sweep(self.expansion(expand(plan, fixed, swept, options, read)))

    def expansion(self, points: list[list[str]]) -> Any:
        """The runs, which the chosen launcher trains."""
        from wordorder.command import expansion

        compose = lambda words: self.loader.load_sweep_config(self.config, words)  # noqa: E731
        if isinstance(self.launcher, PoolLauncher):
            return expansion(self.config, points, compose, n_jobs=self.launcher.n_jobs)
        launch = lambda words: self.launcher.launch(words, initial_job_idx=0)  # noqa: E731
        return expansion(self.config, points, compose, n_jobs=0, launch=launch)


class PoolLauncher(Launcher):
    """The pool of this machine. It is no launcher of single jobs: the sweeper hands it the whole sweep, or is not ours."""

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        pass

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[Any]:
        from wordorder.errors import InputError

        raise InputError(
            "hydra/launcher=pool goes with hydra/sweeper=plan: choose hydra/launcher=basic for another sweeper"
        )
