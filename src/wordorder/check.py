"""From a plain config to objects, each value checked against the signature that will receive it, before any work."""

import importlib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from wordorder.errors import InputError, nearest

Config = dict[str, Any]
MISSING = "???"


def conf_dir() -> str:
    """The config files: inside an installed package, or beside src/ in a checkout."""
    package = Path(__file__).parent
    return str(package / "conf" if (package / "conf").is_dir() else package.parents[1] / "conf")


def make(node: Any, key: str, *, allow: tuple[str, ...] = (), **given: Any) -> Any:
    """Call what a node of the config (at `key`) names, with the arguments it lists and those `given`.

    Raises InputError naming the full key of the first name, type or value that the target does not take; an empty `allow`
    lets a node name any package.
    """
    check(node, key, allow=allow, given=tuple(given))
    values = {name: value for name, value in node.items() if name != "_target_"}
    inner = {name: make(value, f"{key}.{name}", allow=allow) for name, value in values.items() if is_node(value)}
    return call(locate(node, key, allow), key, values | inner | given)


def check(node: Any, key: str, *, allow: tuple[str, ...] = (), given: tuple[str, ...] = ()) -> None:
    """Hold a node's names and types against the signature of its target, which is not called."""
    target = locate(node, key, allow)
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = {name: one for name, one in inspect.signature(target).parameters.items() if one.kind in named}
    hints = get_type_hints(target.__init__ if inspect.isclass(target) else target)
    for name, value in node.items():
        if name == "_target_":
            continue
        if name not in parameters:
            raise InputError(f"{key}.{name}={value!r} is not known to {target.__name__}: {suggest(name, parameters)}")
        if value == MISSING:
            raise InputError(f"{key}.{name} is required: {key}.{name}=VALUE")
        if not is_node(value):
            check_type(value, hints.get(name, Any), f"{key}.{name}")
            node[name] = widen(value, hints.get(name, Any))  # lr=1 and lr=1.0 are one run
    for name, parameter in parameters.items():
        if name not in node and name not in given and parameter.default is parameter.empty:
            raise InputError(f"{key}.{name} is missing: {target.__name__} needs it; add +{key}.{name}=VALUE")


def is_node(value: Any) -> bool:
    return isinstance(value, dict) and "_target_" in value


def locate(node: Any, key: str, allow: tuple[str, ...]) -> Any:
    """The class or function that a node names; only of the packages in `allow`, if any are listed."""
    if not is_node(node):
        raise InputError(
            f"{key}={node!r} names nothing to make: choose one of the files in conf/{key}/, as in {key}=NAME"
        )
    path = node["_target_"]
    if allow and path.split(".")[0] not in allow:
        package = path.split(".")[0]
        raise InputError(
            f"{key}._target_={path} comes with this run but not from wordorder; if you trust it, allow=[{package}]"
        )
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"{key}._target_={path} cannot be imported ({error}): check the name and that it is installed"
        ) from error


def call(target: Any, key: str, values: Config) -> Any:
    """Call a constructor; its ValueError becomes one sentence that begins with the full key."""
    try:
        return target(**values)
    except InputError:
        raise
    except ValueError as error:
        text = str(error)
        joint = "." if text.split("=")[0] in values else ": "
        raise InputError(f"{key}{joint}{text}") from error


def suggest(name: str, known: Iterable[str]) -> str:
    """Which names there are, the nearest one first."""
    near = nearest(name, known)
    return (f"did you mean {near[0]}? " if near else "") + f"It takes {', '.join(known) or 'nothing'}"


def check_types(config: Config, types: dict[str, Any]) -> None:
    """Hold the plain keys at the top of a config against their annotations, key by key. Raises InputError."""
    for key, hint in types.items():
        check_type(config[key], hint, key)


def check_type(value: Any, hint: Any, key: str) -> None:
    """Raise InputError if a value from a config is not what a parameter's annotation says."""
    if is_shelf(hint):
        group = "/".join(hint.__module__.split(".")[1:-1])
        at = group if group.replace("/", ".") == key else f"{group}@{key}"
        raise InputError(f"{key}={value!r} is not a choice of one of the files in conf/{group}/: {at}=NAME")
    if not fits(value, hint):
        raise InputError(f"{key}={value!r} must be {describe(hint)}")


def is_shelf(hint: Any) -> bool:
    """Does a parameter take something from a shelf, which only a node with a `_target_` makes?"""
    return inspect.isclass(hint) and hint.__module__.startswith("wordorder.") and hint.__module__.endswith(".base")


def fits(value: Any, hint: Any) -> bool:
    """Does a plain value (from yaml) have the annotated type? Annotations other than the plain ones fit anything."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return any(value == choice and type(value) is type(choice) for choice in inner)
    if origin in (Union, UnionType):
        return any(fits(value, choice) for choice in inner)
    if origin in (list, tuple):
        return isinstance(value, list) and all(fits(part, inner[0]) for part in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (str, bool, NoneType):
        return isinstance(value, hint)
    return True


def widen(value: Any, hint: Any) -> Any:
    """A whole number as the float that its annotation asks for."""
    if hint is float and isinstance(value, int):
        return float(value)
    if hint == list[float]:
        return [float(part) for part in value]
    return value


def describe(hint: Any) -> str:
    """An annotation in words."""
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", NoneType: "null"}
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in inner)
    if origin in (Union, UnionType):
        return " or ".join(describe(choice) for choice in inner)
    if origin in (list, tuple):
        return f"a list in which each is {describe(inner[0])}"
    return names.get(hint, str(hint))
