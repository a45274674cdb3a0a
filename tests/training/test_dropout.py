"""What drops anything, by its parts."""

from torch import nn

from wordorder.training.dropout import drops


def test_one_part_that_drops_is_enough_and_one_that_never_does_is_none():
    never = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.0))
    assert not drops(never) and not drops(nn.Linear(2, 2))
    assert drops(nn.Sequential(never, nn.ModuleList([nn.Dropout(0.1)])))
