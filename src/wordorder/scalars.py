"""The top of a training config: which keys there are, and what the plain ones may be."""

from typing import Literal, get_type_hints

from wordorder.check import Config, check_type, suggest
from wordorder.errors import InputError


class Scalars:
    """The keys at the top of a training config, with their types."""

    name: str
    question: str
    seed: int
    weight_seed: int
    data_seed: int
    output_dir: str
    rerun: Literal["no", "stale", "failed", "all"]
    initialize_from: str
    device: Literal["auto", "cpu", "cuda"]
    devices: int
    workers: int
    allow: list[str]
    tuning: bool


SECTIONS = (
    "model position tokenizer source data optimizer schedule trainer evaluation record logger compare plan".split()
)


def check_scalars(config: Config) -> None:
    """Names and types at the top of the config."""
    scalars = get_type_hints(Scalars)
    for name in config:
        if name not in scalars and name not in SECTIONS:
            raise InputError(f"{name}={config[name]!r} is not known: {suggest(name, [*scalars, *SECTIONS])}")
    for name, hint in scalars.items():
        check_type(config[name], hint, name)
    for name in ("seed", "weight_seed", "data_seed", "workers", "devices"):
        if not 0 <= config[name] < 2**63:
            raise InputError(f"{name}={config[name]} must not be negative, nor above 2^63 - 1")
    if not config["name"] or not all(c.isalnum() or c in "._-" for c in config["name"]):
        raise InputError(f"name={config['name']!r} becomes a folder: use letters, digits, '.', '_' and '-'")
