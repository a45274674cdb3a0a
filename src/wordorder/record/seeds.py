"""Which keys of a config are a run's seeds: runs that differ in these alone are one arm, for plans and comparisons alike."""

from typing import Any

SEEDS = ["weight_seed", "data_seed"]


def is_seed(key: str) -> bool:
    """Is this dotted key a seed of the run, or one that follows it, as in schemes that draw? A source's own is another text."""
    return key.split(".")[-1].split("_")[-1] == "seed" and key.split(".")[0] != "source"


def without_seeds(node: Any, path: str = "") -> Any:
    """A config, or what stands at `path` of it, without its seeds at any depth."""
    if not isinstance(node, dict):
        return node
    keys = {name: f"{path}.{name}" if path else str(name) for name in node}
    return {name: without_seeds(value, keys[name]) for name, value in node.items() if not is_seed(keys[name])}
