"""python -m wordorder.contract my_package.my_scheme: one line for each check, exit code 1 if one fails."""

import argparse
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from wordorder.by_name import find, sized
from wordorder.check import conf_dir, make
from wordorder.command import stop
from wordorder.contract import CHECKS, sentence
from wordorder.contract.bench import SIZES, Bench
from wordorder.errors import InputError
from wordorder.position.base import PositionScheme
from wordorder.spelling import explain_hydra


def main() -> None:
    """Hold one scheme to every check."""
    parser = argparse.ArgumentParser(
        prog="python -m wordorder.contract", description="What a position scheme promises."
    )
    parser.add_argument("target", help="my_package.my_scheme, or my_package.my_scheme:Class where it has several")
    parser.add_argument(
        "words", nargs="*", metavar="key=value", help="arguments; those named as a size of the model need none"
    )
    parser.add_argument(
        "--config", type=Path, metavar="position/my_scheme.yaml", help="the yaml that lists the arguments"
    )
    asked = parser.parse_intermixed_args()
    try:
        scheme = find(asked.target)
        bench = Bench(maker(scheme, asked.words, asked.config))
        bench.model()
    except Exception as error:
        said = str(error) if isinstance(error, InputError) else explain_hydra(error, conf_dir(), "train")
        if not said:
            raise
        stop(re.sub(r"(?<![\w.])\+?position\.", "", said))  # arguments are typed without it here
    sys.exit(1 if report(bench, asked.target) else 0)


def report(bench: Bench, name: str) -> int:
    """Print how each check ends; returns how many failed."""
    torch.set_num_threads(1)  # two give other bits than one
    failed = 0
    for check in CHECKS:
        try:
            check(bench)
        except Exception as error:
            failed += 1
            what = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            print(f"FAILED  {sentence(check)}: {what}{error}", flush=True)
        else:
            print(f"ok      {sentence(check)}", flush=True)
    print(f"{name}: {len(CHECKS) - failed} of {len(CHECKS)} hold")
    return failed


def maker(scheme: type[PositionScheme], words: list[str], file: Path | None) -> Callable[[dict[str, Any]], Any]:
    """A function from the sizes of a model to the scheme, whose arguments come from its yaml or are typed."""
    target = f"{scheme.__module__}.{scheme.__qualname__}"
    if file and (not file.is_file() or file.parent.name != "position"):
        raise InputError(f"--config {file} must be a file in a folder named position, where position=NAME looks for it")

    @cache
    def section(sizes: tuple[tuple[str, Any], ...]) -> Any:
        given = [f"model.{key}={value}" for key, value in sizes]
        if file:
            given += [f"hydra.searchpath=['{file.resolve().parents[1].as_uri()}']", f"position={file.stem}"]
        with initialize_config_dir(conf_dir(), version_base="1.3"):
            config = compose("train", overrides=given)
        OmegaConf.set_struct(config, False)
        if not file:
            config.position = sized(scheme, SIZES)
        config.position.merge_with_dotlist(words)
        node = OmegaConf.to_container(config, resolve=True)["position"]
        if node["_target_"] != target:
            raise InputError(f"--config {file} makes {node['_target_']}, not {target}")
        return node

    return lambda sizes: make(dict(section(tuple(sizes.items()))), "position")


if __name__ == "__main__":
    main()
