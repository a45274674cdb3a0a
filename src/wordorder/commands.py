"""The commands: what train, evaluate, compare and the others do with a composed config."""

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from wordorder import command
from wordorder.check import conf_dir
from wordorder.command import plain
from wordorder.sweep.expansion import Expansion


def run(name: str) -> None:
    """The command of that name, with the words that were typed; several configs are trained."""
    command.main(globals()[name], name, sweep=sweep)


def train(config: DictConfig) -> None:
    """One run."""
    from wordorder.closing import closing_table, say_how_to_go_on
    from wordorder.job import Job
    from wordorder.run import refuse_unplanned
    from wordorder.run import train as train_job
    from wordorder.training.interrupt import Interrupted
    from wordorder.training.progress import say

    try:
        job = Job(*plain(config), words=list(HydraConfig.get().overrides.task))
        refuse_unplanned(job, command.planned_folder())
        outcome = train_job(job, wait=None if command.holds_allocation() else say)
    except (Interrupted, KeyboardInterrupt):
        say_how_to_go_on()
    closing_table([outcome], job.mirror)
    if outcome.status == "failed":
        sys.exit(1)


def sweep(expansion: Expansion) -> None:
    """Several runs."""
    from wordorder.making import make_sweep

    make_sweep(expansion)


def evaluate(config: DictConfig) -> None:
    """What has not been asked yet of one run, of all runs of an experiment, or of a pretrained model."""
    from wordorder import asking
    from wordorder.override import override_position

    values, choices = plain(config)
    asking.evaluate(
        values,
        choices,
        typed=list(HydraConfig.get().overrides.task),
        override=lambda trained: override_position(
            trained, values["overrides"], conf_dir(), allow=("wordorder", *values["allow"])
        ),
    )


def compare(config: DictConfig) -> None:
    """The comparison of an experiment's runs, shown as the experiment's config says, where a typed word does not; or of
    runs that are named one by one."""
    from wordorder.comparing import choose_settings, compare_folder
    from wordorder.comparing_runs import check_keys, compare_runs
    from wordorder.record.folders import find_experiment

    values, _ = plain(config)
    typed = list(HydraConfig.get().overrides.task)
    check_keys(values, typed)
    if values["runs"]:
        compare_runs(values["runs"], values["compare"], output_dir=values["output_dir"], out=values["out"])
        return
    folder = find_experiment(values["experiment_name"], output_dir=values["output_dir"])
    settings, question = choose_settings(folder, values["compare"], typed)
    compare_folder(folder, settings, values["logger"], question=question)


def sync_wandb(config: DictConfig) -> None:
    """Run folders, and with an experiment its comparison, replayed into wandb."""
    from wordorder.syncing import sync

    values, _ = plain(config)
    if not sync(values, typed=list(HydraConfig.get().overrides.task)):
        sys.exit(1)


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
    from wordorder.console import make_console
    from wordorder.show.data import Shown

    Shown(*plain(config)).print(make_console())


def show_input(config: DictConfig) -> None:
    """How a text becomes the tensor that enters the first block, under one scheme or several."""
    import torch

    from wordorder.console import make_console
    from wordorder.show.input import show

    torch.set_num_threads(1)
    print(show(plain(config)[0], make_console()))
