"""by_name: a position scheme from its name and the sizes of a model, with the values of its yaml, read without Hydra."""

import importlib
import inspect
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from wordorder.check import Config, conf_dir, make
from wordorder.errors import InputError, nearest
from wordorder.position.base import PositionScheme


def scheme_by_name(name: str, sizes: dict[str, Any]) -> PositionScheme:
    """The scheme of conf/position/NAME.yaml, or of a module my_package.my_scheme that takes nothing but sizes of a model.

    `sizes` are what the yaml's interpolations stand for: {"model.d_model": 128, ..., "data_seed": 0}. Raises InputError.
    """
    if "." in name or ":" in name:
        node = sized(find(name), {key.removeprefix("model.") for key in sizes})
    else:
        known = sorted(file.stem for file in Path(conf_dir(), "position").glob("*.yaml"))
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}"
            raise InputError(f"position={name!r} is not a scheme: {hint}")
        node = compose("position", name)
    return make(fill(node, sizes), "position")


def find(target: str) -> type[PositionScheme]:
    """The scheme of `module`, `module:Class` or `module.Class`. Raises InputError if there is none, or more than one."""
    path, _, name = target.partition(":")
    try:
        module = importlib.import_module(path)
    except ModuleNotFoundError as error:
        path, _, name = path.rpartition(".")
        if error.name != target or not path:
            raise InputError(
                f"{target} cannot be imported ({error}): check the name and that it is installed"
            ) from error
        module = importlib.import_module(path)
    classes = [one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, PositionScheme)]
    if name:
        classes = [one for one in classes if one.__name__ == name]
    else:
        classes = [one for one in classes if one.__module__ == module.__name__]
    if len(classes) != 1:
        found = "several schemes" if classes else "no scheme" + f" {name}" * bool(name)
        there = (
            " or ".join(f"{path}:{one.__name__}" for one in classes) or f"{path}:CLASS, a subclass of PositionScheme"
        )
        raise InputError(f"{path} has {found}: name {there}")
    return classes[0]


def sized(scheme: type[PositionScheme], sizes: Collection[str]) -> Config:
    """A scheme without a yaml: the arguments that are named as a size of the model follow the model."""
    known = {name: f"${{model.{name}}}" for name in inspect.signature(scheme).parameters if name in sizes}
    return {"_target_": f"{scheme.__module__}.{scheme.__qualname__}", **known}


def compose(group: str, name: str, at: str = "", chosen: dict[str, str] | None = None) -> Config:
    """A file of a group, merged over the files in its defaults list, which `chosen` may replace by their place."""
    own: Config = yaml.safe_load(Path(conf_dir(), group, f"{name}.yaml").read_text(encoding="utf-8"))
    entries = [entry for entry in own.pop("defaults", []) if entry != "_self_"]
    choices = [(*next(iter(entry.items())),) for entry in entries if isinstance(entry, dict)]
    overrides = {place(key, group, at)[1]: value for key, value in choices if key.startswith("override ")} | (
        chosen or {}
    )
    whole: Config = {}
    for entry in entries:
        if isinstance(entry, str):
            whole = merge(whole, compose(group, entry, at, overrides))
    for key, value in choices:
        if not key.startswith("override "):
            inner, there = place(key, group, at)
            part = compose(inner, overrides.get(there, value), there, overrides)
            whole = merge(whole, {there.rpartition(".")[2]: part})
    return merge(whole, own)


def place(key: str, group: str, at: str) -> tuple[str, str]:
    """Of an entry like `frequencies` or `/position@scheme`: its group, and where its values go."""
    path, _, where = key.removeprefix("override ").partition("@")
    inner = path[1:] if path.startswith("/") else f"{group}/{path}"
    return inner, f"{at}.{where or path}".lstrip(".")


def merge(under: Config, over: Config) -> Config:
    """Both, key by key to any depth; `over` wins."""
    inner = {
        key: merge(under[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(under.get(key), dict)
    }
    return under | over | inner


def fill(node: Any, sizes: dict[str, Any]) -> Any:
    """The same with each ${name} replaced."""
    if isinstance(node, dict):
        return {key: fill(value, sizes) for key, value in node.items()}
    found = re.fullmatch(r"\$\{(.+)\}", node) if isinstance(node, str) else None
    return sizes[found[1]] if found else node
