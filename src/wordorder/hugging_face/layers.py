"""layers: which layers see through a window and which have positions, as config.json says it and as the scheme does."""

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.stock import Unlike, node
from wordorder.position.base import PositionScheme
from wordorder.position.by_layer import ByLayer
from wordorder.position.window import Window


def windowed(scheme: Config, size: int | None) -> Config:
    """A node in a sliding window of so many tokens, its own included; None: in none."""
    return node("position.window.Window", kind="sliding", size=size) | {"scheme": scheme} if size else scheme


def inside(scheme: PositionScheme) -> tuple[PositionScheme, int]:
    """What is in a sliding window, and its size. Raises Unlike."""
    if type(scheme) is not Window or scheme.kind != "sliding":
        raise Unlike(f"position={type(scheme).__name__} where it has a sliding Window")
    return scheme.of[0], scheme.size


def by_layer(scheme: PositionScheme, other: type[PositionScheme]) -> tuple[PositionScheme, int]:
    """The scheme of most layers where every n-th has `other`, and n. Raises Unlike."""
    if type(scheme) is not ByLayer or type(scheme.of[1]) is not other:
        inner = f" with {type(scheme.of[1]).__name__}" if type(scheme) is ByLayer else ""
        raise Unlike(f"position={type(scheme).__name__}{inner} where it has ByLayer with {other.__name__}")
    return scheme.of[0], scheme.every


def every_nth(n_layers: int, every: int, most: object, other: object) -> list:
    return [other if (layer + 1) % every == 0 else most for layer in range(n_layers)]


def find_every(layers: list, n_layers: int, most: object, other: object, key: str) -> int:
    """The n of a list in which every n-th is `other`; beyond the last where none is. Raises InputError for another pattern."""
    every = layers.index(other) + 1 if other in layers else n_layers + 1
    if every == 1 or layers != every_nth(n_layers, every, most, other):
        raise InputError(
            f"{key}={layers} in config.json is not {most} with {other} in every n-th of {n_layers} layers, n from 2 on, "
            "which is all that is known here"
        )
    return every
