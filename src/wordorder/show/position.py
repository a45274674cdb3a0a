"""position: a picture of one scheme, from its composed config."""

import copy
import inspect
import re
from pathlib import Path

import torch

from wordorder.check import Config, check_types, make
from wordorder.errors import InputError
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.show.picture import DPI, Card, draw
from wordorder.show.probe import probe
from wordorder.show.seen import Seen, same
from wordorder.show.sight import Sight

KEYS = {  # at the config's top
    "length": int,
    "out": str,
    "all": bool,
    "seed": int,
    "weight_seed": int,
    "data_seed": int,
}
VOCAB = [bytes([byte]) for byte in range(256)]
PLACES = ("ids", "embedding", "q and k", "score", "mask", "softmax", "values")
STEPS = 1000  # of a schedule, which is looked at before the first and after the last
STD = 0.5  # of parameters that are drawn anew


def show(name: str, config: Config, yaml: Path, *, words: list[str]) -> tuple[Card, Path]:
    """Draw the scheme of this config into config["out"]/NAME.png. `yaml` is its file, `words` what was typed besides its name.

    Raises InputError for what the config or the length does not allow.
    """
    check_types(config, KEYS)
    if config["length"] < 2:
        raise InputError(f"length={config['length']} must be at least 2, to have a distance to show")
    model = build(config)
    sight, parameters = look(name, model, config["length"], config["seed"])
    sizes, attention = config["model"], model.blocks[0].attention
    size = f"{len(model.blocks)} layers, {sizes['n_heads']} heads of {attention.head_dim} channels"
    facts = [f"{config['length']} random tokens", size, parameters, *words]
    acts = ", ".join(place for place in PLACES if place in sight.acts) or "nothing"
    card = Card(name, *introduce(yaml, model.position), "; ".join(facts), acts)
    path = Path(config["out"]) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(card, sight).savefig(path, dpi=DPI, metadata={"Software": None})
    return card, path


def build(config: Config) -> Transformer:
    """The model at its initialisation, over bytes."""
    scheme: PositionScheme = make(config["position"], "position")
    scheme.bind(VOCAB)
    model: Transformer = make(config["model"], "model", vocab_size=len(VOCAB), position=scheme)
    try:
        scheme.check_length(config["length"])
    except ValueError as error:
        raise InputError(f"length={config['length']}: {error}") from error
    return model.initialise(config["weight_seed"])


def look(name: str, model: Transformer, length: int, seed: int = 0, n_texts: int = 512) -> tuple[Sight, str]:
    """What the scheme does at initialisation or, where its parameters then keep it from doing so, with random ones."""
    sight = Sight(name, look_at_moments(model, length, seed, n_texts))
    if not any(True for _ in model.position.parameters()):
        return sight, "nothing is learned"
    apart = "; layers differ by their parameters, the first is shown" if sight.first.own_numbers else ""
    model = copy.deepcopy(model)
    draw_parameters(model.position, seed)
    drawn = Sight(name, look_at_moments(model, length, seed, n_texts))
    if not drawn.acts > sight.acts:
        return sight, f"parameters as at initialisation{apart}"
    more = "less" if sight.acts else "nothing"
    return drawn, f"parameters drawn from N(0, {STD}²), since at initialisation {more} would be seen of it{apart}"


def look_at_moments(model: Transformer, length: int, seed: int, n_texts: int) -> dict[str, Seen]:
    """Before the first step and after the last, where a schedule makes them differ."""
    model.position.at_step(0, STEPS)
    first = probe(model, length, seed=seed, n_texts=n_texts)
    if not model.position.acts("at_step"):
        return {"": first}
    model.position.at_step(STEPS, STEPS)
    last = probe(model, length, seed=seed, n_texts=n_texts)
    return {"": last} if same(first, last) else {"at the start": first, "once trained": last}


def draw_parameters(scheme: PositionScheme, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    for weight in scheme.parameters():
        torch.nn.init.normal_(weight, std=STD, generator=draw)


def introduce(yaml: Path, scheme: PositionScheme) -> tuple[str, str]:
    """What the scheme is and its paper: from the module's docstring, or from the first line of a yaml that changes another."""
    text = yaml.read_text(encoding="utf-8") if yaml.is_file() else ""
    said = (inspect.getdoc(inspect.getmodule(type(scheme))) or "").split("\n\n")
    found = re.match(r"# (.*?) ?\(([^()]*\d{4}[^()]*)\)", text)
    sentence, paper = (found[1], found[2]) if found else (text.split("\n")[0].lstrip("# "), "")
    if "\n_target_:" in text and len(said) > 1:
        sentence, paper = said[0].split(": ", 1)[-1].replace("\n", " ").rstrip("."), said[1].split("\n")[0].rstrip(".")
    return sentence[:1].upper() + sentence[1:], paper
