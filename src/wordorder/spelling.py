"""Hydra's refusals in one sentence that names the key, the value and the way out."""

import re
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from wordorder.errors import nearest


def explain_hydra(error: Exception, conf_dir: str, config_name: str) -> str:
    """The sentence for an error of composition; "" for an error that is ours and wants its traceback."""
    if isinstance(error, MissingConfigException) and error.options is not None:
        group, _, choice = str(error.missing_cfg_file).rpartition("/")
        return f"{group}={choice} is not a choice: {suggest(choice, error.options, list_all=True)}"
    if isinstance(error, ConfigCompositionException):
        if key := re.search(r"Could not (?:override|append to config|delete from config).*?'([^'=]+)", str(error)):
            if owners := choices_with(conf_dir, key[1]):
                group = key[1].rpartition("/")[0]
                return f"{key[1]} is a choice within some files of {group} only: with {group}={' or '.join(owners)}"
            known = known_keys(conf_dir, config_name)
            return f"{key[1]} is not a key of this config: {suggest(key[1], known)}"
    if "Config group override must be" in str(error):
        return "a config group cannot be null: choose one of its files, as in position=none"
    if lacking := re.search(r"Unknown plugin class : 'hydra_plugins\.wordorder_(\w+)\.", str(error)):
        return f"this hydra/launcher needs packages that are not installed: pip install 'wordorder[{lacking[1]}]'"
    if isinstance(error, InterpolationKeyError):
        return f"{error.full_key} refers to a key that does not exist: {error.msg}".replace("\n", " ")
    if isinstance(error, HydraException | OmegaConfBaseException):
        return re.sub(r"\s*\n\s*", "; ", str(error).strip())
    return ""


def choices_with(conf_dir: str, group: str) -> list[str]:
    """The files beside a group's folder whose defaults lists choose one of its files."""
    folder = Path(conf_dir, group)
    if not folder.is_dir():
        return []
    chosen = re.compile(rf"^  - (override )?{re.escape(folder.name)}: ", re.MULTILINE)
    return sorted(file.stem for file in folder.parent.glob("*.yaml") if chosen.search(file.read_text(encoding="utf-8")))


def suggest(word: str, known: list[str], *, list_all: bool = False) -> str:
    """What was probably meant, or what there is: all of it, or as much as can be read."""
    near = nearest(word, known)
    last = [key for key in known if key.split(".")[-1] == word.split(".")[-1]]
    if near := list(dict.fromkeys([*near, *last]))[:3]:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(known)}" if list_all or len(known) < 40 else "see --cfg job for the keys there are"


def known_keys(conf_dir: str, config_name: str) -> list[str]:
    """Every key and group of the config as it is without overrides."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(conf_dir, version_base="1.3"):
        config = compose(config_name)
    return keys_of(config)


def keys_of(config: DictConfig, prefix: str = "") -> list[str]:
    """All keys, inner ones with dots."""
    keys = []
    for key in config:
        keys.append(f"{prefix}{key}")
        if OmegaConf.is_dict(config) and not OmegaConf.is_interpolation(config, key):
            value = config._get_node(key)
            if isinstance(value, DictConfig) and not OmegaConf.is_missing(config, key) and value._content is not None:
                keys += keys_of(value, f"{prefix}{key}.")
    return [key for key in keys if not key.endswith("_target_")]
