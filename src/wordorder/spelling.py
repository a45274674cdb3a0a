"""Hydra's refusals in one sentence that names the key, the value and the way out."""

import re
from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException
from yaml import MarkedYAMLError

from wordorder.errors import nearest

AT_THE_TOP = ("experiment", "debug")  # groups whose files set keys of the whole config
FIRST_LINE = "the first line of its yaml must be '# @package _global_', which puts its keys at the top of the config"


def explain_hydra(error: Exception, conf_dir: str, config_name: str, words: Sequence[str]) -> str:
    """The sentence for an error of composing these words; "" for an error that is ours and wants its traceback."""
    if isinstance(error, MissingConfigException) and error.options is not None:
        return explain_missing(error, conf_dir, words)
    if isinstance(error, ConfigCompositionException):
        if key := re.search(r"Could not (?:override|append to config|delete from config).*?'([^'=]+)", str(error)):
            return explain_key(key[1], conf_dir, config_name, words)
    if isinstance(error, MarkedYAMLError) and (mark := error.problem_mark):
        return f"{mark.name}:{mark.line + 1}: not YAML ({error.problem})"
    if several := re.search(r"Ambiguous value for argument '([^']+)'", str(error)):
        key, _, values = several[1].partition("=")
        on = "add -m, which trains each" if config_name == "train" else f"type one, or a list as {key}=[{values}]"
        return f"{several[1]} are several values: {on}"
    if "Config group override must be" in str(error):
        return "a config group cannot be null: choose one of its files, as in position=none"
    if lacking := re.search(r"Unknown plugin class : 'hydra_plugins\.wordorder_(\w+)\.", str(error)):
        return f"this hydra/launcher needs packages that are not installed: pip install 'wordorder[{lacking[1]}]'"
    if isinstance(error, InterpolationKeyError):
        return f"{error.full_key} refers to a key that does not exist: {error.msg}".replace("\n", " ")
    if isinstance(error, HydraException | OmegaConfBaseException):
        return re.sub(r"\s*\n\s*", "; ", str(error).strip())
    return ""


def explain_missing(error: MissingConfigException, conf_dir: str, words: Sequence[str]) -> str:
    """Of a file that there is not."""
    group, _, choice = str(error.missing_cfg_file).rpartition("/")
    key, _, value = next((word for word in words if word.replace("=", "/", 1) == error.missing_cfg_file), "").partition(
        "="
    )
    if "/" in value:
        folder = Path(value).parents[1] if len(Path(value).parts) > 2 else "FOLDER"
        return (
            f"{key}={value} is a path, and a choice is typed by its name: {key}={Path(value).stem}; if it is none of "
            f"wordorder's own, with --config-dir {folder} before it, the folder in which {key}/{Path(value).stem}.yaml lies"
        )
    top, _, inner = group.partition("/")
    if inner and top in AT_THE_TOP and Path(conf_dir, inner).is_dir():
        asking = re.search(r"In '([^']+)'", str(error))
        file = asking[1].replace("/", "=", 1) if asking else top
        return f"{file}: its defaults ask for {inner}: {choice} beside it: write 'override /{inner}: {choice}'"
    return f"{group}={choice} is not a choice: {suggest(choice, error.options, list_all=True)}"


def explain_key(key: str, conf_dir: str, config_name: str, words: Sequence[str]) -> str:
    """Of a key that the config does not have."""
    group, place = key.rpartition("/")[0], key.partition("@")[2].partition(".")[0]
    if place in AT_THE_TOP and not any(word.startswith(key) for word in words):
        return f"{next((word for word in words if word.startswith(f'{place}=')), place)}: {FIRST_LINE}"
    if owners := choices_with(conf_dir, key):
        if not group:
            return f"{key} is nothing that {config_name} takes: leave it out; it goes with {' or '.join(owners)}"
        return f"{key} is a choice within some files of {group} only: with {group}={' or '.join(owners)}"
    known = [one for one in known_keys(conf_dir, config_name, words) if one != key]
    return f"{key} is not a key of this config: {suggest(key, known)}"


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


def known_keys(conf_dir: str, config_name: str, words: Sequence[str]) -> list[str]:
    """Every key and group of the config with the choices among these words, and none of their values."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(conf_dir, version_base="1.3"):
        config = compose(config_name, overrides=choices_among(words, conf_dir))
    return keys_of(config)


def choices_among(words: Sequence[str], conf_dir: str) -> list[str]:
    """The words that choose a group's file, of several the first, and where to look for it."""
    chosen = []
    for before, word in zip(["", *words], words, strict=False):
        key, _, value = word.partition("=")
        if before in ("--config-dir", "-cd"):
            chosen.append(f"hydra.searchpath=[file://{Path(word).resolve()}]")
        elif key == "--config-dir":
            chosen.append(f"hydra.searchpath=[file://{Path(value).resolve()}]")
        elif value and Path(conf_dir, key.lstrip("+").partition("@")[0]).is_dir():
            chosen.append(word if value.startswith("[") else f"{key}={value.partition(',')[0]}")
    return chosen


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
