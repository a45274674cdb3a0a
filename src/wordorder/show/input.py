"""input: a text's way to the first block under several position schemes, measured, printed and drawn."""

from pathlib import Path
from typing import Literal

import torch
from rich.console import Console
from rich.text import Text
from torch import nn

from wordorder.by_name import scheme_by_name
from wordorder.check import Config, check_types, make
from wordorder.errors import InputError
from wordorder.input_pipeline import embed_text, encode, explain
from wordorder.model.transformer import Transformer
from wordorder.show.cells import DIM, MARGIN, Cell, draw, lay, spell
from wordorder.show.input_picture import Way, draw_ways
from wordorder.show.picture import DPI
from wordorder.show.position import look
from wordorder.source.base import Source
from wordorder.text import train_tokenizer
from wordorder.tokenizer.base import Tokenizer

TEXTS = 64  # random ones, over which what a scheme does inside attention is averaged
NORMS = {"layer_norm": nn.LayerNorm, "rms_norm": nn.RMSNorm}
KEYS = {  # at the config's top
    "text": str,
    "schemes": list[str],
    "norm": Literal["none", "layer_norm", "rms_norm"],
    "dropout": float,
    "out": str,
    "output_dir": str,
    "seed": int,
    "weight_seed": int,
    "data_seed": int,
}


def show(config: Config, console: Console) -> Path:
    """Print the tokens and what each scheme does; draw all stages into config["out"]. Raises InputError."""
    check_types(config, KEYS)
    if not 0 <= config["dropout"] < 1:
        raise InputError(f"dropout={config['dropout']} must lie in [0, 1)")
    tokenizer: Tokenizer = make(config["tokenizer"], "tokenizer")
    tokenizer.check()
    source: Source = make(config["source"], "source")
    train_tokenizer(tokenizer, source, config)
    read, most = encode(config["text"], tokenizer), config["model"]["context_length"]
    if not 2 <= len(read) <= most:
        raise InputError(f"text has {len(read)} tokens: a picture is of 2 to model.context_length={most}")
    ways = [follow(name, config, tokenizer, len(read)) for name in config["schemes"]]
    console.print(picture_tokens(read, tokenizer, console.width), end="")
    for way in ways:
        console.print(Text(f"\n{way.name}", "bold"), Text(explain(way.name).split("\n\n")[0]), sep="\n")
    path = Path(config["out"])
    path.parent.mkdir(parents=True, exist_ok=True)
    tokens = [(seen(tokenizer, token), token) for token in read]
    draw_ways(tokens, ways).savefig(path, dpi=DPI, metadata={"Software": None})
    return path


@torch.no_grad()
def follow(name: str, config: Config, tokenizer: Tokenizer, n_tokens: int) -> Way:
    """The text's way through a model with this scheme, at its initialisation. Raises InputError."""
    seed = config["weight_seed"]
    sizes = {f"model.{key}": value for key, value in config["model"].items()} | {"data_seed": config["data_seed"]}
    scheme = scheme_by_name(name, sizes)
    try:
        scheme.check_length(n_tokens)
        scheme.bind(tokenizer.vocab)
    except ValueError as error:
        raise InputError(f"position={name}: {error}") from error
    model: Transformer = make(config["model"], "model", vocab_size=tokenizer.n_ids, position=scheme)
    weight_VD = model.initialise(seed).eval().embedding.weight
    norm = NORMS[config["norm"]](weight_VD.shape[1]) if config["norm"] != "none" else None

    def made(weight_VD: torch.Tensor, **more: object) -> torch.Tensor:
        return embed_text(config["text"], tokenizer, weight_VD, scheme, seed=seed, **more)

    added_TD = made(torch.zeros_like(weight_VD))
    return Way(
        name,
        *look(name, model, n_tokens, seed, TEXTS),
        lookup_TD=weight_VD[torch.tensor(encode(config["text"], tokenizer))],
        factor=round(float((made(torch.ones_like(weight_VD)) - added_TD).mean()), 4),
        added_TD=added_TD,
        norm="" if norm is None else config["norm"].replace("_", " "),
        dropout=config["dropout"],
        entering_TD=made(weight_VD, norm=norm, dropout=config["dropout"]),
    )


def seen(tokenizer: Tokenizer, token: int) -> str:
    """What an id stands for, made visible."""
    return "".join(spell(tokenizer.vocab[token]))


def picture_tokens(read: list[int], tokenizer: Tokenizer, width: int) -> Text:
    """Each token over its id and its bytes."""
    cells = (Cell((seen(tokenizer, token), str(token), tokenizer.vocab[token].hex(" "))) for token in read)
    lines = {"tokens": "", "ids": DIM, "bytes": DIM}
    return Text("\n").join(draw(row, lines) for row in lay(cells, width - MARGIN))
