"""Pictures of position schemes: what is measured behind each panel, and that every scheme has one."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from wordorder import commands
from wordorder.position.base import PositionScheme
from wordorder.show.gallery import write_gallery
from wordorder.show.panels import choose_panels
from wordorder.show.picture import Card, draw
from wordorder.show.position import introduce, look
from wordorder.show.probe import probe
from wordorder.show.seen import by_distance
from wordorder.show.sight import Sight, spell

FOLDER = Path(__file__).parents[1] / "conf" / "position"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
T, HEADS, K, D = 14, 6, 4, 24  # sizes as in conftest.py
FEW = dict(n_texts=32)
LATER = np.triu(np.ones((T, T), dtype=bool), 1)


@pytest.fixture
def model(make_model):
    """Schemes are measured in float64 with parameters drawn from N(0, 0.5)."""
    return make_model


def only(seen):
    (layer,) = seen.layers.values()
    return layer


def titles(sight):
    return [panel.title for panel in choose_panels(sight)]


# What is measured.


def test_alibis_bias_is_its_slope_times_the_distance(model):
    layer = only(probe(model("alibi"), T, **FEW))
    slopes = [0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125]  # published for 6 heads
    hand = np.array([[[-slope * (i - j) for j in range(T)] for i in range(T)] for slope in slopes])
    hand[:, LATER] = np.nan
    np.testing.assert_allclose(layer.bias_HTS, hand, atol=1e-6)
    np.testing.assert_allclose(layer.bias.mean_HS, hand[:, -1, ::-1], atol=1e-6)
    assert layer.acts == {"score"}


def test_ropes_kernel_is_the_mean_of_the_cosines_of_its_pairs(model):
    layer = only(probe(model("rope"), T, **FEW))
    cosines = np.array([[math.cos(d * 10000 ** (-2 * m / K)) for d in range(T)] for m in range(K // 2)])
    np.testing.assert_allclose(layer.kernel.mean_HS, np.tile(cosines.mean(0), (HEADS, 1)), atol=1e-6)
    np.testing.assert_allclose(layer.channel_KS, np.concatenate((cosines, cosines)), atol=1e-6)  # pairs (m, m + K/2)
    assert (layer.kernel.low_HS < layer.kernel.high_HS - 0.01)[:, 1:].any()  # one vector is not another
    assert layer.acts == {"q and k"}


def test_the_table_is_what_is_added_and_the_factor_what_multiplies(model):
    learned = model("learned")
    np.testing.assert_array_equal(probe(learned, T, **FEW).table_TD, learned.position.table[:T].detach())
    fixed = probe(model("sinusoidal"), T, **FEW)
    assert fixed.factor == pytest.approx(math.sqrt(D), abs=1e-4)
    np.testing.assert_allclose(fixed.table_TD[3, :2], [math.sin(3), math.cos(3)], atol=1e-6)
    assert fixed.acts == {"embedding"}


def test_hidden_keys_are_told_from_keys_to_come(model):
    near = model("window")
    near.position.size = 3
    layer = only(probe(near, T, **FEW))
    hand = np.array([[i - 3 < j <= i for j in range(T)] for i in range(T)])
    np.testing.assert_array_equal(layer.visible_HTS, np.tile(hand, (HEADS, 1, 1)))
    assert "mask" in layer.acts and not layer.weight_HS[:, 3:].any()


def test_what_each_layer_does_is_told_by_layer(model):
    seen = probe(model("by_layer", n_layers=4), T, **FEW)
    assert {numbers: set(layer.acts) for numbers, layer in seen.layers.items()} == {(0, 2): {"q and k"}, (1, 3): set()}
    assert "What each layer does" in titles(Sight("by_layer", {"": seen}))


def test_layers_that_differ_by_their_parameters_only_are_one_kind(model):
    shared = probe(model("fox", n_layers=3), T, **FEW)
    assert list(shared.layers) == [(0, 1, 2)] and shared.own_numbers
    assert not probe(model("t5", n_layers=3), T, **FEW).own_numbers  # one table for all layers


def test_ids_are_those_that_the_scheme_inside_is_asked_with(model):
    ids_BS = probe(model("randomized"), T, **FEW).ids_BS
    assert (np.diff(ids_BS) > 0).all() and ids_BS.max() > 10 * T
    assert len({tuple(row) for row in ids_BS}) == len(ids_BS)


def test_weights_are_found_whatever_replaces_the_softmax(model):
    class Last(PositionScheme):
        """All weight on the token before, half of it lost, and one added to values."""

        def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
            weight_BHTS = torch.zeros_like(attention.score_BHTS)
            weight_BHTS[..., -2] = 0.5
            return weight_BHTS @ v_BHSK + 1

    changed = model("none")
    changed.position = Last()
    layer = only(probe(changed, T, **FEW))
    np.testing.assert_allclose(layer.weight_HS[:, :3], np.tile([0, 0.5, 0], (HEADS, 1)), atol=1e-12)
    assert layer.acts == {"softmax", "values"}
    shown = choose_panels(Sight("last", {"": probe(changed, T, **FEW)}))
    assert [panel.title for panel in shown] == ["What replaces the softmax", "Where attention lands"]
    assert "Weights sum to 0.50" in shown[-1].caption and "Values get a vector" in shown[-1].caption


def test_a_scheme_that_does_nothing_has_a_picture_that_says_so(model):
    nothing = probe(model("none"), T, **FEW)
    assert nothing.acts == frozenset()
    np.testing.assert_allclose(only(nothing).weight_HS, np.tile(nothing.plain_S, (HEADS, 1)), atol=1e-12)
    assert titles(Sight("none", {"": nothing})) == ["Nothing is added or changed", "Where attention lands"]


def test_parameters_that_begin_at_zero_are_drawn_anew_and_it_is_said(model):
    zero = model("cope").initialise(0)
    assert not probe(zero, T, **FEW).acts
    sight, said = look("cope", zero, T, **FEW)
    assert sight.acts == {"score"} and "N(0, 0.5²)" in said and "nothing" in said
    assert not zero.position.table.any()  # the model is as it was
    assert look("t5", model("t5").initialise(0), T, **FEW)[1] == "parameters as at initialisation"
    assert look("rope", model("rope"), T, **FEW)[1] == "nothing is learned"


def test_a_schedule_is_looked_at_before_and_after(model):
    sight, _ = look("drope", model("drope"), T, **FEW)
    assert {moment: set(seen.acts) for moment, seen in sight.moments.items()} == {
        "at the start": {"q and k"},
        "once trained": set(),
    }


def test_a_distance_is_averaged_over_what_is_seen():
    x_NHTS = np.arange(2 * 9, dtype=float).reshape(2, 1, 3, 3)
    x_NHTS[:, :, 2, 1] = np.nan  # one of the two pairs at distance 1
    found = by_distance(x_NHTS)
    assert found.mean_HS.tolist() == [[(0 + 4 + 8 + 9 + 13 + 17) / 6, (3 + 12) / 2, (6 + 15) / 2]]
    assert (found.low_HS[0, 0], found.high_HS[0, 0]) == (0, 13)  # of 0 4 8 9 13 17


def test_layers_are_spelt_in_runs():
    assert spell((3,)) == "layer 3"
    assert spell((0, 1, 2, 4, 5)) == "layers 0–2, 4, 5"


# What is drawn.


@pytest.mark.parametrize("name", NAMES)
def test_every_scheme_can_be_drawn(name, model):
    made = model(name)
    sight = Sight(name, {"": probe(made, T, **FEW)})
    card = Card(name, *introduce(FOLDER / f"{name}.yaml", made.position), "")
    assert card.sentence[0].isupper() or not card.sentence[0].isalpha()
    assert any(digits.isdigit() and len(digits) == 4 for digits in card.paper.replace(",", " ").split()), card.paper
    figure = draw(card, sight)
    assert all(len(panel.caption) < 128 and panel.caption.endswith(".") for panel in choose_panels(sight))  # two lines
    for axes in figure.axes:
        box = axes.get_position()
        assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
        assert axes.images or axes.lines or axes.texts or axes.collections  # a colour bar has a collection


def test_a_page_embeds_its_pictures_and_tells_which_kernels_serve(compose_config, tmp_path, capsys):
    words = (
        "length=8",
        "model.n_layers=2",
        "model.d_model=16",
        "model.n_heads=2",
        "model.head_dim=8",
        f"out={tmp_path}",
    )
    configs = [
        (name, compose_config(f"position={name}", *words, config_name="show_position")) for name in ("alibi", "none")
    ]
    configs.append(
        ("learned", compose_config("position=learned", "position.n_positions=4", *words, config_name="show_position"))
    )
    page = write_gallery(configs, tmp_path, yamls=FOLDER, words=[])
    text = page.read_text(encoding="utf-8")
    assert (tmp_path / "alibi.png").stat().st_size > 1000 and (tmp_path / "none.png").exists()
    assert text.count("data:image/png;base64,") == 2 and "http" not in text
    assert "kernel=sdpa cannot serve ALiBi, which changes scores or hides keys" in text
    assert "ends at position 4" in text and not (tmp_path / "learned.png").exists()
    if not torch.cuda.is_available():
        assert "kernel=flex has no backward on CPU" in text


# The command.


def run(words, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scripts/show_position.py", *words])
    commands.run("show_position")


def test_the_command_writes_a_picture_and_says_where(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(["position=rope", "position.theta=100", "length=8", "out=pics"], monkeypatch)
    assert capsys.readouterr().out.strip() == "pics/rope.png"
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["rope.png"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["position=alibbi"], ["position=alibbi", "alibi"]),
        (["position=rope", "position.base=3"], ["position.base", "position.theta"]),
        (["position=all", "position.n_such=3"], ["position.n_such"]),
        (["lenght=3"], ["lenght", "length"]),
        (["length=1"], ["length=1", "at least 2"]),
        (["length=long"], ["length='long'", "whole number"]),
        (["position=learned", "position.n_positions=64"], ["length=128", "Learned", "64"]),
        (["position.theta=-1"], ["position.theta=-1", "positive"]),
        (["model.n_kv_heads=3"], ["n_kv_heads=3", "n_heads=4"]),
    ],
    ids=lambda value: " ".join(value) if "=" in value[0] else "",
)
def test_bad_input_gets_one_sentence(words, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run(words, monkeypatch)
    err = capfd.readouterr().err
    assert stopped.value.code == 1 and not list(tmp_path.iterdir())
    assert "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err
