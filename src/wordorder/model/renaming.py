"""The names of a model's weights once its scheme has been wrapped, as a window or a temperature does for an evaluation."""

from collections.abc import Container

from torch import Tensor

MOST_WRAPPERS = 8  # that may be put around a trained scheme


def name_inside(state: dict[str, Tensor], expected: Container[str]) -> dict[str, Tensor]:
    """Weights of a model under the names that they have once wrappers were put around its scheme; `expected` are those of the
    model that is to take them."""
    moved = {}
    for name, weight in state.items():
        scheme, dot, rest = name.partition(".")
        names = [f"{scheme}.{'of.0.' * depth}{rest}" for depth in range(MOST_WRAPPERS)] if scheme == "position" else []
        moved[next((one for one in names if one in expected), name)] = weight
    return moved
