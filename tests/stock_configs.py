"""What config.json of each class says, as transformers writes it today and as folders on the hub have it."""

from functools import cache
from typing import Any

import torch
from families import FAMILIES, build

from wordorder.check import make
from wordorder.hugging_face import from_hugging_face
from wordorder.hugging_face.folder import read_nodes

T = 45  # past the windows of 7 and the trained lengths of 16 and 32
DROPPED = object()


def said(family: str, **changed: Any) -> dict[str, Any]:
    """The config.json of a family, with keys changed or, where DROPPED, left out."""
    config = dict(written(family)) | changed
    return {key: value for key, value in config.items() if value is not DROPPED}


@cache
def written(family: str) -> dict[str, Any]:
    import transformers

    config_class, _, arguments = FAMILIES[family]
    return getattr(transformers, config_class)(**arguments).to_dict()


def old(family: str) -> dict[str, Any]:
    """The same with rope_theta and rope_scaling, whose rule is its `type`."""
    rule = dict(written(family)["rope_parameters"])
    theta, kind = rule.pop("rope_theta"), rule.pop("rope_type")
    scaling = None if kind == "default" else {"type": kind} | rule
    return said(family, rope_parameters=DROPPED, rope_theta=theta, rope_scaling=scaling)


def position_of(config: dict[str, Any]) -> Any:
    """The scheme that a config.json describes."""
    return make(read_nodes(config)[1], "position")


class Spoken:
    """A model of transformers that says another config.json, or has other names for its weights."""

    def __init__(self, family: str, config: dict[str, Any] | None = None, rename: Any = None):
        self.theirs = build(family)
        self.config = self
        self.said = config or self.theirs.config.to_dict()
        self.rename = rename or (lambda state: state)

    def to_dict(self) -> dict[str, Any]:
        return self.said

    def state_dict(self) -> dict[str, torch.Tensor]:
        return self.rename(self.theirs.state_dict())

    def apart(self) -> float:
        """How far the logits read through this spelling are from those of transformers, relative to the largest."""
        ids = torch.randint(53, (2, T), generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            ours, theirs = from_hugging_face(self)[0](ids), self.theirs(input_ids=ids).logits
        return float((ours - theirs).abs().max() / theirs.abs().max())
