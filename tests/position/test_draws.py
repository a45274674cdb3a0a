"""Draws against the published stream of SplitMix64, and as a function of what they are named by."""

import torch

from wordorder.position.draws import GAMMA, mix, signed, uniform

# Rosetta Code, Pseudo-random numbers/Splitmix64: the first outputs for the seed 1234567
PUBLISHED = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]


def test_the_stream_is_the_published_one():
    states = torch.tensor([signed((1234567 + n * GAMMA) % 2**64) for n in range(1, 6)])
    assert mix(states).tolist() == [signed(word) for word in PUBLISHED]


def test_draws_are_uniform_in_rows_and_between_rows():
    drawn = uniform(0, "test", 3, torch.arange(2000), 50)
    assert drawn.shape == (2000, 50) and drawn.dtype == torch.float64
    assert 0 <= drawn.min() < 1e-4 and 1 - 1e-4 < drawn.max() < 1
    for axis in (0, 1):  # standard errors: 1 / sqrt(12 n)
        assert (drawn.mean(axis) - 0.5).abs().max() < 5 / (12 * drawn.shape[axis]) ** 0.5
    centred = drawn - 0.5
    assert ((centred[:, 1:] * centred[:, :-1]).mean() * 12).abs() < 5 / centred[:, 1:].numel() ** 0.5
    assert ((centred[1:] * centred[:-1]).mean() * 12).abs() < 5 / centred[1:].numel() ** 0.5


def test_a_row_is_a_function_of_seed_purpose_step_and_its_number():
    rows = torch.tensor([5, 7])
    drawn = uniform(1, "a", 2, rows, 4)
    assert torch.equal(drawn, uniform(1, "a", 2, rows.flip(0), 4).flip(0))
    assert torch.equal(drawn, uniform(1, "a", 2, rows, 9)[:, :4])
    for other in (uniform(2, "a", 2, rows, 4), uniform(1, "b", 2, rows, 4), uniform(1, "a", 3, rows, 4)):
        assert not (drawn == other).any()
