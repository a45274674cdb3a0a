"""Names under wrappers, against the names that wrapped models have."""

import pytest
import torch
from torch import nn

from wordorder.model.renaming import name_inside
from wordorder.position.base import PositionScheme
from wordorder.position.wrapper import Wrapper


class Weighty(PositionScheme):
    """A scheme with weights of its own, one of which has the name of a wrapper's."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1))
        self.of = nn.ModuleList([nn.Linear(1, 1)])


def weights(position: nn.Module) -> dict[str, torch.Tensor]:
    """Those of a model with this scheme, and one weight beside."""
    own = {f"position.{name}": weight for name, weight in position.state_dict().items()}
    return {"embedding.weight": torch.ones(1)} | own


def wrap(position: PositionScheme, times: int) -> PositionScheme:
    for _ in range(times):
        position = Wrapper([position])
    return position


@pytest.mark.parametrize("times", range(8))
def test_every_weight_goes_under_as_many_wrappers_as_were_put_around(times):
    trained, taking = weights(Weighty()), weights(wrap(Weighty(), times))
    named = name_inside(trained, taking)
    assert list(named) == list(taking)
    assert all(named[new] is trained[old] for old, new in zip(trained, named, strict=True))


def test_weights_of_a_scheme_move_together():
    """One of them alone would be found one wrapper further in, in the place of another."""
    trained = {"position.w": torch.zeros(1), "position.of.0.w": torch.ones(1)}
    expected = {"position.of.0.w": None, "position.of.0.of.0.w": None}
    assert {name: float(weight) for name, weight in name_inside(trained, expected).items()} == {
        "position.of.0.w": 0.0,
        "position.of.0.of.0.w": 1.0,
    }


def test_what_nobody_expects_keeps_its_name():
    trained = weights(Weighty())
    assert list(name_inside(trained, {"embedding.weight": None})) == list(trained)
    assert (
        list(name_inside(trained, weights(PositionScheme()) | {"position.of.0.slope": None}))[1]
        == "position.of.0.slope"
    )
