"""What sets arms apart, as a label that people read."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from wordorder.errors import InputError
from wordorder.record.folders import SHELVES

# Top-level parts of a config that say where, when and how often, and not what was trained. What is not listed is
# compared: an unforeseen key shows up in labels, it never lets different trainings pass for seeds of one arm.
NOT_COMPARED = frozenset(
    "weight_seed data_seed seed output_dir name experiment logger evaluation compare plan question rerun debug allow record"
    " workers device devices tuning".split()
)


def find_differences(configs: list[dict[str, Any]]) -> list[str]:
    """The keys on which these configs differ; one that only some of them have is such a key."""
    keys = dict.fromkeys(key for config in configs for key in config)
    return [key for key in keys if len({_freeze(config, key) for config in configs}) > 1]


def label_arms(configs: list[dict[str, Any]], choices: list[dict[str, str]]) -> list[str]:
    """A label per arm: the choices that differ, then the keys that these choices do not explain.

    What lies inside a chosen section counts only among arms of the same choice: rope's theta, and the file of its frequencies,
    are no difference to none. A choice in whose section no key differs, as that of a trainer may be, is no difference either.
    """
    sections = [*SHELVES, *sorted({name for choice in choices for name in choice} - {*SHELVES})]
    differing = find_differences(configs)
    made = {name: {choice[name] for choice in choices if name in choice} for name in sections}
    chosen = [
        name
        for name in sections
        if len(made[name]) > 1 and _is_compared(name) and _section(name) in {key.partition(".")[0] for key in differing}
    ]
    configs = [{key: config[key] for key in differing if key in config} for config in configs]
    keys = [key for key in differing if not is_copy(key, configs)]
    write = {key: _tell_apart([config[key] for config in configs if key in config]) for key in keys}

    def around(place: str, choice: dict[str, str]) -> tuple[str | None, ...]:
        """The choices around this place of the config."""
        return tuple(choice.get(name) for name in sections if place.startswith(f"{_place(name)}."))

    @cache  # the same for many arms, of which there may be hundreds
    def like(place: str, same: tuple[str | None, ...]) -> list[int]:
        """The arms whose choices around this place are these."""
        return [n for n, other in enumerate(choices) if around(place, other) == same]

    @cache
    def sets_apart(key: str, same: tuple[str | None, ...]) -> bool:
        return len({_freeze(configs[n], key) for n in like(key, same)}) > 1

    labels = []
    for config, choice in zip(configs, choices, strict=True):
        parts = [
            str(choice[name])
            for name in chosen
            if name in choice
            and len({choices[n].get(name) for n in like(_place(name), around(_place(name), choice))}) > 1
        ]
        for key in keys:
            if key in config and sets_apart(key, around(key, choice)):
                parts.append(f"{key.removeprefix('position.')}={write[key](config[key])}")
        labels.append(", ".join(parts) or str(choice.get("position", "the only arm")))
    return labels


def refuse_unknown(baseline: str, labels: list[str]) -> None:
    """InputError for a baseline that is none of these labels; an empty one asks for no difference column."""
    if baseline and baseline not in labels:
        raise InputError(
            f"compare.baseline={baseline}: no such arm; choose one of: {'; '.join(labels) or 'none yet'},"
            " or compare.baseline='' for no difference column"
        )


def _place(choice: str) -> str:
    """Where in the config the file of a group stands: position/frequencies, or position@position.scheme."""
    return choice.partition("@")[2] or choice.replace("/", ".")


def _section(choice: str) -> str:
    """The top-level part of the config that a choice changes; model/scale may set any key of model."""
    return _place(choice).partition(".")[0]


def _is_compared(choice: str) -> bool:
    return re.split(r"[./]", choice)[0] not in NOT_COMPARED


def is_copy(key: str, configs: list[dict[str, Any]]) -> bool:
    """A shelf's key that follows one of the model's wherever it occurs: position.head_dim is ${model.head_dim}."""
    having = [config for config in configs if key in config]
    return key.split(".")[0] != "model" and any(
        all(_freeze(config, other) == _freeze(config, key) for config in having)
        for other in find_differences(having)
        if key.split(".")[0] in SHELVES and other.startswith("model.")
    )


def _freeze(config: dict[str, Any], key: str) -> str | None:
    return _spell_out(config[key]) if key in config else None


def _tell_apart(values: list[Any]) -> Callable[[Any], str]:
    """How a key's values are written: shortened, or in full where that makes two of them one, as floats that differ in the
    last digit and classes of one name are."""
    written = {_spell_out(value): shorten(value) for value in values}
    return shorten if len(set(written.values())) == len(written) else _spell_out


def _spell_out(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def shorten(value: Any) -> str:
    """A config's value as people write it: numbers without a bare .0, classes by their own name, text without quotes unless
    it would pass for another value, as "1" and "null" do."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and value.startswith("wordorder."):
        return value.rsplit(".", 1)[-1]
    written = json.dumps(value, default=str)
    return written[1:-1] if isinstance(value, str) and not _is_json(value) else written


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
