"""A trained scheme under another rule with the same weights: the words of evaluate.py that begin with `position`.

    position.theta=500000                     a value
    position/frequencies=yarn                 a rule in place of another
    position=window position.size=128         a scheme that learns nothing, around the trained one, which is then position.scheme

Words take effect one after the other.
"""

import inspect
from pathlib import Path
from typing import Any

import torch
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from wordorder.check import locate, make, suggest
from wordorder.errors import InputError
from wordorder.position.wrapper import Wrapper

ANOTHER = (
    "another scheme is another model, which has to be trained; a trained one takes position.KEY=VALUE, position/GROUP=CHOICE"
    " and a scheme around it that learns nothing, such as position=window"
)


def override_position(
    config: dict[str, Any], words: list[str], conf_dir: str, *, allow: tuple[str, ...] = ("wordorder",)
) -> dict[str, Any]:
    """The `position` section of a trained run's resolved config, as these words change it.

    A group's file is read as it is on the shelf; its interpolations are those of the trained config. Raises InputError for a
    group, choice or key that the scheme does not have, for a scheme that would have to be trained, and for a class of a package
    that is not in `allow`.
    """
    whole = OmegaConf.create(config)
    for override in OverridesParser.create().parse_overrides(words):
        key, value = override.package or override.key_or_group.replace("/", "."), override.value()
        if override.key_or_group == "position":
            if override.package is None:
                node = OmegaConf.to_container(read_choice(Path(conf_dir) / "position", str(value)))
                whole = put_around(whole, node, override.input_line, allow)
                continue
            raise InputError(f"{override.input_line}: {ANOTHER}")
        parent, _, name = key.rpartition(".")
        known = OmegaConf.select(whole, parent)
        if not OmegaConf.is_dict(known) or name not in known:
            names = [n for n in (known if OmegaConf.is_dict(known) else whole.position) if n != "_target_"]
            raise InputError(f"{key} is not part of the trained scheme: {suggest(name, names)}")
        if "/" in override.key_or_group:
            value = read_choice(Path(conf_dir) / override.key_or_group, str(value))
        OmegaConf.update(whole, key, value, merge=False)
    return OmegaConf.to_container(whole, resolve=True)["position"]


def put_around(whole: DictConfig, node: dict[str, Any], said: str, allow: tuple[str, ...]) -> DictConfig:
    """The config with the scheme of this file around the one that was trained. Raises InputError for one that is no wrapper
    or has parameters of its own."""
    target = locate(node, "position", allow)
    if not (issubclass(target, Wrapper) and "scheme" in inspect.signature(target).parameters):
        raise InputError(f"{said}: {ANOTHER}")
    own = {name: value for name, value in node.items() if name not in ("defaults", "scheme")}
    around = OmegaConf.merge(whole, {})
    OmegaConf.update(around, "position", own | {"scheme": whole.position}, merge=False)
    if count_parameters(around, allow) != count_parameters(whole, allow):
        raise InputError(f"{said}: it learns, and a trained model has no weights for it; {ANOTHER}")
    return around


def count_parameters(whole: DictConfig, allow: tuple[str, ...]) -> int:
    with torch.device("meta"):
        scheme = make(OmegaConf.to_container(whole, resolve=True)["position"], "position", allow=allow)
    return sum(weight.numel() for weight in scheme.parameters())


def read_choice(group: Path, choice: str) -> Any:
    """The file of one choice, not resolved."""
    file = group / f"{choice}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in group.glob("*.yaml"))) or "nothing"
        key = group.name if group.name == "position" else f"{group.parent.name}/{group.name}"
        raise InputError(f"{key}={choice}: there is no such file; choose from {known}")
    return OmegaConf.load(file)
