"""A text's way to the first block: what is measured behind the picture, what is printed, and what is refused."""

import math
import sys

import pytest
import torch
from hydra import compose, initialize_config_dir

from wordorder import commands
from wordorder.check import conf_dir
from wordorder.show.input import follow, picture_tokens
from wordorder.show.input_picture import before, draw_ways, entering, within
from wordorder.tokenizer.byte import Byte
from wordorder.words import arrange

TEXT = "naïve order"
TOKENS = [*TEXT.encode()]


@pytest.fixture(scope="module")
def way(compose_config):
    """way("rope", norm="layer_norm") -> a text's way under this scheme."""
    words = ("model.d_model=32", "model.n_heads=4", "model.head_dim=8", "model.n_layers=2", "model.d_ff=16")
    config = compose_config(*words, config_name="show_input") | {"text": TEXT}
    return lambda name, **changed: follow(name, config | changed, Byte(), len(TOKENS))


# What is measured.


def test_what_is_added_and_multiplied_is_told_apart(way):
    sinusoidal = way("sinusoidal")
    assert sinusoidal.factor == pytest.approx(math.sqrt(32), abs=1e-4)
    by_hand = [math.sin(3), math.cos(3), math.sin(3 / 10000 ** (1 / 16)), math.cos(3 / 10000 ** (1 / 16))]
    assert sinusoidal.added_TD[3, :4].tolist() == pytest.approx(by_hand, abs=1e-5)
    torch.testing.assert_close(
        sinusoidal.entering_TD, sinusoidal.lookup_TD * math.sqrt(32) + sinusoidal.added_TD, rtol=0, atol=1e-6
    )
    assert way("learned").factor == 1 and way("learned").embeds and not way("alibi").embeds


@pytest.mark.parametrize("name", ["rope", "alibi", "none"])
def test_what_acts_inside_attention_lets_the_lookup_enter(name, way):
    assert torch.equal(way(name).entering_TD, way(name).lookup_TD)
    assert way(name).lookup_TD[0].equal(way("sinusoidal").lookup_TD[0])  # one embedding for all schemes


def test_norm_and_dropout_are_seen_in_what_enters_and_said(way):
    changed = way("rope", norm="layer_norm", dropout=0.25)
    kept = changed.entering_TD != 0
    assert 0.65 < kept.float().mean() < 0.85
    normed = (changed.lookup_TD - changed.lookup_TD.mean(1, keepdim=True)) / torch.sqrt(
        changed.lookup_TD.var(1, unbiased=False, keepdim=True) + 1e-5
    )
    torch.testing.assert_close(changed.entering_TD[kept], normed[kept] / 0.75, rtol=1e-4, atol=1e-5)
    (panel,) = entering(changed, [])
    assert "after layer norm" in panel.caption and f"{1 - kept.float().mean():.0%} of it dropped" in panel.caption


# What is drawn.


@pytest.mark.parametrize(
    ("name", "at_embedding", "inside"),
    [
        ("sinusoidal", ["2  The position scheme, at the embedding"], ["4  Nothing more"]),
        ("rope", ["2  The position scheme, at the embedding"], ["4  q · k of equal vectors by channel"]),
        ("alibi", ["2  The position scheme, at the embedding"], ["4  Added to the score"]),
        ("sum", ["2  The position scheme, at the embedding"], ["4  Added to the score"]),
        ("randomized", ["2  The position scheme, at the embedding", "Position ids"], ["4  q · k of equal vectors by"]),
        ("none", ["2  The position scheme, at the embedding"], ["4  Nothing more"]),
    ],
)
def test_each_scheme_is_shown_where_it_acts(name, at_embedding, inside, way):
    found = [[panel.title for panel in part(way(name), [])] for part in (before, within)]
    assert found[0] == at_embedding
    assert len(found[1]) == len(inside) and all(a.startswith(b) for a, b in zip(found[1], inside, strict=True))


def test_a_stage_stands_in_one_row_and_all_lies_inside_the_picture(way):
    figure = draw_ways([("x", i) for i in TOKENS], [way(name) for name in ("randomized", "sinusoidal", "cope")])
    height = {}
    for text in figure.texts:
        assert 0 <= text.get_position()[0] <= 1 and 0 <= text.get_position()[1] <= 1
        height.setdefault(text.get_text()[:3], set()).add(round(text.get_position()[1], 6))
    assert [len(height[stage]) for stage in ("1  ", "2  ", "3  ", "4  ")] == [1, 1, 1, 1]
    assert (
        max(height["2  "]) > max(height["Pos"]) > max(height["3  "]) > max(height["4  "])
    )  # ids have a row of their own
    for axes in figure.axes:
        box = axes.get_position()
        assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
    assert any("N(0, 0.5²)" in text.get_text() for text in figure.texts)  # said of cope, which begins at 0


def test_tokens_are_printed_over_ids_and_bytes():
    said = picture_tokens(TOKENS, Byte(), 140).plain.split("\n")
    assert said[0].split("│")[1:4] == ["n  ", "a ", "<C3>"]
    assert said[1].split("│")[1:4] == ["110", "97", "195 "]
    assert said[2].split("│")[1:4] == ["6e ", "61", "c3  "]


# The command.


@pytest.mark.parametrize(
    "text",
    ["a, b", "it's", 'say "x"', "${x}", r"\${x}", "\\", "\\'", "[1]", "a=b", "123", "null", "x: y", "é␣ ", "{a}"],
)
def test_any_text_can_be_typed(text):
    words = arrange([f"text={text}"], "show_input")
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        assert compose("show_input", words).text == text


@pytest.mark.parametrize("typed", ["position=rope,alibi", "position=[rope,alibi]"])
def test_schemes_are_typed_as_a_list(typed):
    with initialize_config_dir(conf_dir(), version_base="1.3"):
        assert compose("show_input", arrange([typed], "show_input")).schemes == ["rope", "alibi"]


def run(words, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scripts/show_input.py", *words])
    commands.run("show_input")


def test_the_command_prints_tokens_and_explanations_and_writes_a_picture(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(["text=ab, c", "position=rope,alibi", "source=addition", "out=pics/in.png"], monkeypatch)
    said = capsys.readouterr().out
    assert "│a │b │, │␣ │c │" in said and "│97│98│44│32│99│" in said
    assert "RoPE: queries and keys are rotated" in said and "ALiBi: the score is lowered" in said
    assert said.endswith("\npics/in.png\n")
    assert (tmp_path / "pics" / "in.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["position=alibbi"], ["position='alibbi'", "alibi"]),
        (["text=a"], ["text has 1 tokens", "2 to model.context_length=128"]),
        (["model.context_length=3"], ["text has 18 tokens", "model.context_length=3"]),
        (["norm=batch"], ["norm='batch'", "layer_norm"]),
        (["dropout=1"], ["dropout=1", "[0, 1)"]),
        (["position=rope", "model.n_heads=0"], ["n_heads=0", "at least 1"]),
        (["txt=a"], ["txt", "text"]),
    ],
    ids=str,
)
def test_bad_input_gets_one_sentence(words, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run([*words, "source=addition"], monkeypatch)
    err = capfd.readouterr().err
    assert stopped.value.code == 1 and not list(tmp_path.rglob("*.png"))
    assert "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err
