"""Patterns of layers are found where every n-th is another, and refused by their key where they are not."""

import pytest
import torch

from wordorder.check import make
from wordorder.errors import InputError
from wordorder.hugging_face.layers import by_layer, every_nth, find_every, inside, windowed
from wordorder.hugging_face.stock import Unlike
from wordorder.position.none import NoPE
from wordorder.position.rope import RoPE


def test_every_nth_layer_is_the_other_one():
    assert every_nth(7, 3, "a", "b") == ["a", "a", "b", "a", "a", "b", "a"]


@pytest.mark.parametrize("n_layers", range(1, 9))
def test_what_is_written_is_found_again(n_layers):
    for every in range(2, n_layers + 3):
        found = find_every(every_nth(n_layers, every, 1, 0), n_layers, 1, 0, "key")
        assert found == min(every, n_layers + 1)  # beyond the last layer one n is like another
        assert every_nth(n_layers, found, 1, 0) == every_nth(n_layers, every, 1, 0)


@pytest.mark.parametrize(
    "layers", [[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 0], [1, 1, 0, 1], [2, 2, 0], ["x", "x", 0], []]
)
def test_any_other_pattern_is_refused_by_its_key(layers):
    with pytest.raises(
        InputError, match=r"^no_rope_layers=.* in config.json is not 1 with 0 in every n-th of 3 layers"
    ):
        find_every(layers, 3, 1, 0, "no_rope_layers")


def test_a_window_goes_around_a_scheme_and_comes_off_again(compose_config):
    rope = compose_config("position=rope")["position"]
    scheme, size = inside(make(windowed(rope, 7), "position"))
    assert type(scheme) is RoPE and size == 7
    assert windowed(rope, None) == windowed(rope, 0) == rope


@pytest.mark.parametrize(
    ("words", "why"),
    [(["position=rope"], "position=RoPE where"), (["position=window", "position.kind=chunk"], "position=Window where")],
    ids=str,
)
def test_another_window_is_not_taken_for_one(words, why, compose_config):
    with pytest.raises(Unlike, match=f"^{why} it has a sliding Window"):
        inside(make(compose_config(*words)["position"], "position"))


def test_another_layout_is_not_taken_for_one(compose_config):
    with torch.device("meta"):
        two = make(compose_config("position=rope_two_bases")["position"], "position")
        one = make(compose_config("position=rope")["position"], "position")
        nope = make(compose_config("position=nope_every_4th")["position"], "position")
    assert by_layer(nope, NoPE) == (nope.of[0], 4)
    with pytest.raises(Unlike, match="^position=ByLayer with RoPE where it has ByLayer with NoPE"):
        by_layer(two, NoPE)
    with pytest.raises(Unlike, match="^position=RoPE where it has ByLayer with NoPE"):
        by_layer(one, NoPE)
