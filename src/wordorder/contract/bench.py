"""Where a position scheme is tried: small float64 models around it, and what the checks ask of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from wordorder.model.attention import indices
from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer, make_context
from wordorder.position.base import PositionScheme, ScoreMod
from wordorder.position.context import Context

VOCAB, T, BATCH = 53, 37, 3
SIZES: dict[str, Any] = {
    "d_model": 24,
    "n_layers": 2,
    "n_heads": 6,
    "n_kv_heads": 2,
    "head_dim": 4,
    "d_ff": 40,
    "context_length": 128,
    "bias": True,
    "tie_embeddings": False,
    "init_std": 0.3,
    "kernel": "auto",
}
BLOCK: dict[str, Any] = PLAIN | {"norm": "layer_norm", "norm_eps": 1e-5, "activation": "gelu", "dropout": 0.0}

SAME = 1e-11  # float64, another order of summation
SHIFTED = 3e-4  # angles are float32: an id of 60 is off by 4e-6, passed through two layers
CHANGED = 1e-3


@dataclass(frozen=True)
class Bench:
    """Makes models with the scheme under test; `make_scheme` builds it from the sizes of the model."""

    make_scheme: Callable[[dict[str, Any]], PositionScheme]

    def model(self, *, vocab_size: int = VOCAB, device: str = "cpu", **sizes: Any) -> Transformer:
        """A float64 model whose scheme has parameters drawn from N(0, 0.5): zero initialisation would hide what it does."""
        sizes = SIZES | BLOCK | sizes
        with torch.device(device):
            scheme = self.make_scheme(sizes)
            scheme.bind([bytes([number % 256]) for number in range(vocab_size)])
            model = Transformer(vocab_size, scheme, **sizes).double()
        if device == "meta":
            return model
        model.initialise(0)
        draw = torch.Generator().manual_seed(1)
        for weight in scheme.parameters():
            torch.nn.init.normal_(weight, std=0.5, generator=draw)
        return model.eval()


def text(n_tokens: int = T) -> Tensor:
    """The ids that all checks read, (3, 37) unless longer ones are asked for."""
    return torch.randint(VOCAB, (BATCH, n_tokens), generator=torch.Generator().manual_seed(2))


def run(model: Transformer, ids_BT: Tensor, place: Callable[[Tensor], Tensor] = lambda p: p, **given: Any) -> Tensor:
    """Logits, the position ids changed by `place`, and the horizon with them where it is nearer than the largest id."""
    with torch.no_grad():
        context = make_context(ids_BT, **given)
        place_BS = place(context.place_BS)
        horizon = max(context.horizon, int(place_BS.max()) + 1)
        return model.logits(model.hidden(replace(context, place_BS=place_BS, horizon=horizon)))


def horizon_of(model: Transformer, n_tokens: int = T) -> int | None:
    """What has to be said of a text's length when only a part of it is read."""
    return None if model.position.length_free else n_tokens


def inputs(context: Context, seed: int = 0) -> list[Tensor]:
    """Random q, k and x of a layer."""
    draw = torch.Generator().manual_seed(seed)
    n_batch, n_tokens = context.tokens_BS.shape
    heads, groups, width = SIZES["n_heads"], SIZES["n_kv_heads"], SIZES["head_dim"]
    shapes = ((heads, n_tokens, width), (groups, n_tokens, width), (n_tokens, SIZES["d_model"]))
    return [torch.randn(n_batch, *shape, generator=draw, dtype=torch.float64) for shape in shapes]


def mods(model: Transformer, context: Context, qkx: list[Tensor] | None = None) -> list[ScoreMod]:
    """The score_mod of each layer that has one, made from random q, k and x, or these, where the scheme reads them."""
    scheme = model.position
    pos = scheme.prepare(context)
    read = (qkx or inputs(context)) if scheme.content else (None, None, None)
    made = (scheme.score_mod(*read, scheme.at_layer(layer, pos)) for layer in range(len(model.blocks)))
    return [mod for mod in made if mod is not None]


def at(context: Context, *, by_row: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Index tensors to evaluate a score_mod with."""
    return indices(context, n_heads=SIZES["n_heads"], by_row=by_row)


def distance(a: Tensor, b: Tensor) -> float:
    """The largest difference; not a number, which is neither small nor large, where one is missing."""
    return float((a.detach() - b.detach()).abs().max())


def demand(holds: bool, sentence: str) -> None:
    """AssertionError with this sentence, under python -O too."""
    if not holds:
        raise AssertionError(sentence)


def agree(a: Tensor, b: Tensor, sentence: str) -> None:
    """The same up to the order of summation."""
    demand(
        a.shape == b.shape and distance(a, b) < SAME, f"{sentence}: they differ by {distance(a, b):.2g}, not {SAME:g}"
    )
