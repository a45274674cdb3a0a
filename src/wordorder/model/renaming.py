"""The names of a model's weights once its scheme has been wrapped, as a window or a temperature does for an evaluation."""

from collections.abc import Container

from torch import Tensor

MOST_WRAPPERS = 8  # that may be put around a trained scheme


def name_inside(state: dict[str, Tensor], expected: Container[str]) -> dict[str, Tensor]:
    """Weights of a model under the names that they have once wrappers were put around its scheme; `expected` are those of the
    model that is to take them.

    All of the scheme's weights move together, under as many wrappers as let the most of them be expected.
    """
    at_depth = [{name: wrapped(name, depth) for name in state} for depth in range(MOST_WRAPPERS)]
    names = max(at_depth, key=lambda names: sum(name in expected for name in names.values()))
    return {names[name]: weight for name, weight in state.items()}


def wrapped(name: str, depth: int) -> str:
    """The name of a scheme's weight under so many wrappers; any other stays as it is."""
    scheme, _, rest = name.partition(".")
    return f"position.{'of.0.' * depth}{rest}" if scheme == "position" else name
