"""A trained scheme under another rule with the same weights: the words of evaluate.py that begin with `position`."""

from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from wordorder.check import suggest
from wordorder.errors import InputError


def override_position(config: dict[str, Any], words: list[str], conf_dir: str) -> dict[str, Any]:
    """The `position` section of a trained run's resolved config, changed by `position/GROUP=CHOICE` and `position.KEY=VALUE`.

    A group's file is read as it is on the shelf; its interpolations are those of the trained config. Raises InputError for a
    group, choice or key that the scheme does not have.
    """
    whole = OmegaConf.create(config)
    for override in OverridesParser.create().parse_overrides(words):
        key, value = override.package or override.key_or_group.replace("/", "."), override.value()
        if override.key_or_group == "position":
            raise InputError(
                f"{override.input_line}: another scheme is another model, which has to be trained;"
                " a trained one takes position.KEY=VALUE and position/GROUP=CHOICE"
            )
        parent, _, name = key.rpartition(".")
        known = OmegaConf.select(whole, parent)
        if not OmegaConf.is_dict(known) or name not in known:
            names = [n for n in (known if OmegaConf.is_dict(known) else whole.position) if n != "_target_"]
            raise InputError(f"{key} is not part of the trained scheme: {suggest(name, names)}")
        if "/" in override.key_or_group:
            value = read_choice(Path(conf_dir) / override.key_or_group, str(value))
        OmegaConf.update(whole, key, value, merge=False)
    return OmegaConf.to_container(whole, resolve=True)["position"]


def read_choice(group: Path, choice: str) -> Any:
    """The file of one choice, not resolved."""
    file = group / f"{choice}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in group.glob("*.yaml"))) or "nothing"
        raise InputError(f"{group.parent.name}/{group.name}={choice}: there is no such file; choose from {known}")
    return OmegaConf.load(file)
