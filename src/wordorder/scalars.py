"""The top of a training config: which keys there are, and what the plain ones may be."""

from typing import Literal

from wordorder.check import Config, check_types, suggest
from wordorder.errors import InputError
from wordorder.folder_names import check_folder_name
from wordorder.keeping import check_rerun

Device = Literal["auto", "cpu", "cuda"]
KEYS = {
    "name": str,
    "question": str,
    "seed": int,
    "weight_seed": int,
    "data_seed": int,
    "output_dir": str,
    "rerun": str,
    "initialize_from": str,
    "device": Device,
    "devices": int,
    "workers": int,
    "allow": list[str],
    "tuning": bool,
}
SECTIONS = (
    "model position tokenizer source data optimizer schedule trainer evaluation record logger compare plan".split()
)


def check_scalars(config: Config) -> None:
    """Names and types at the top of the config."""
    for name in config:
        if name not in KEYS and name not in SECTIONS:
            raise InputError(f"{name}={config[name]!r} is not known: {suggest(name, [*KEYS, *SECTIONS])}")
    check_types(config, KEYS)
    check_rerun(config["rerun"])
    for name in ("seed", "weight_seed", "data_seed", "workers", "devices"):
        if not 0 <= config[name] < 2**63:
            raise InputError(f"{name}={config[name]} must not be negative, nor above 2^63 - 1")
    check_folder_name(config["name"], "name")
