"""input_pipeline: text -> tokens -> embedding lookup -> what the position scheme does there -> norm -> dropout -> first block.

    from wordorder.input_pipeline import embed_text, explain

    embed_text("one two", tokenizer, embedding_VD, "sinusoidal")   # the (T, D) tensor that enters the first attention block
    print(explain("rope"))                                         # why that is the plain lookup, and what comes later

What follows the tokenizer is the code that training runs, `wordorder.model.embedding`. Letters: see model/transformer.py.
"""

import inspect
import re
from functools import partial
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wordorder.by_name import scheme_by_name
from wordorder.model.embedding import embed, prepare
from wordorder.model.seeding import generator, seed_of
from wordorder.model.transformer import make_context
from wordorder.position.base import PositionScheme
from wordorder.position.wrapper import Wrapper
from wordorder.tokenizer.base import Tokenizer

HOOKS = {  # hook -> what a scheme changes there
    "embed": "the embedding of each token, before the first block",
    "transform_qk": "queries and keys (q and k), inside attention",
    "score_mod": "the score of each query with each key, inside attention",
    "visible": "the mask, which keys a query may see",
    "attend": "the softmax: how scores become weights, and weights the output",
}


class HuggingFace(Protocol):
    """A tokenizers.Tokenizer, or a tokenizer of transformers."""

    def encode(self, text: str, *, add_special_tokens: bool) -> Any: ...


def embed_text(
    text: str,
    tokenizer: Tokenizer | HuggingFace,
    embedding_VD: Tensor | nn.Embedding,
    position: PositionScheme | str,
    *,
    norm: nn.Module | None = None,
    dropout: float = 0.0,
    n_heads: int = 1,
    context_length: int = 1024,
    seed: int = 0,
) -> Tensor:
    """The (T, D) tensor that enters the first attention block: for schemes that act later, the plain lookup.

    No token is added to the text's own. `position` is a scheme, taken as it is, or the name of a file in conf/position:
    then it is made for a model of that width with `n_heads` heads and contexts of `context_length` tokens, in evaluation
    mode before the first step of training, with the weights that such a model draws from weight_seed=`seed`. `norm` comes
    after the scheme. `dropout` is applied whenever it is above 0: chance is that of the first row in the first step of a
    training with weight_seed=`seed`, and torch's own generator is left as it was.

    Raises ValueError for an unknown scheme, a text longer than its table, and an id without a row in the embedding.
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout={dropout} must lie in [0, 1)")
    module = isinstance(embedding_VD, nn.Embedding)
    weight_VD = embedding_VD.weight if module else embedding_VD
    lookup = embedding_VD if module else partial(F.embedding, weight=embedding_VD)
    tokens_BS = torch.tensor([encode(text, tokenizer)], dtype=torch.long, device=weight_VD.device)
    if tokens_BS.numel() and int(tokens_BS.max()) >= len(weight_VD):
        raise ValueError(
            f"embedding_VD has {len(weight_VD)} rows, too few for id {int(tokens_BS.max())} of the tokenizer: "
            "it needs one for each id"
        )
    if isinstance(position, str):
        position = make_scheme(position, weight_VD.shape[1], n_heads, context_length, seed).to(weight_VD.device)
    if position.acts("bind"):
        position.bind(vocabulary(tokenizer))
    context = make_context(tokens_BS)
    drop = partial(drop_seeded, share=dropout, seed=seed)
    return embed(context, lookup, position, prepare(position, context), norm=norm, drop=drop)[0]


def encode(text: str, tokenizer: Tokenizer | HuggingFace) -> list[int]:
    """The ids of a text, without those that a Hugging Face tokenizer would add."""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer.encode(text).tolist()
    found = tokenizer.encode(text, add_special_tokens=False)
    return list(getattr(found, "ids", found))


def vocabulary(tokenizer: Tokenizer | HuggingFace) -> list[bytes]:
    """What each id stands for."""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer.vocab
    from wordorder.tokenizer.vocabulary import read_vocabulary

    return read_vocabulary(getattr(tokenizer, "backend_tokenizer", tokenizer).to_str()).tokens


def make_scheme(name: str, d_model: int, n_heads: int = 1, context_length: int = 1024, seed: int = 0) -> PositionScheme:
    """The scheme of a yaml for a model of these sizes, its weights drawn as that model would."""
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"n_heads={n_heads} must divide d_model={d_model}, the width of the embedding")
    heads = {"n_heads": n_heads, "n_kv_heads": n_heads, "head_dim": d_model // n_heads}
    sizes = {"d_model": d_model, "n_layers": 1, "context_length": context_length, **heads}
    scheme = scheme_by_name(name, {f"model.{key}": size for key, size in sizes.items()} | {"data_seed": seed})
    scheme.initialise(lambda own: generator("weights", seed, f"position.{own}"))
    return scheme.eval()


def drop_seeded(x_BTD: Tensor, *, share: float, seed: int) -> Tensor:
    """Dropout as in the first step of training, whatever was drawn before."""
    if not share:
        return x_BTD
    with torch.random.fork_rng():
        torch.manual_seed(seed_of("dropout", seed, 0, 0))
        return F.dropout(x_BTD, share)


def explain(position: PositionScheme | str) -> str:
    """One paragraph on what the scheme changes and what so enters the first block; below it the formula, if it has one.

    The words are those of its module's docstring, the places those of the hooks that it and the schemes inside it have.
    """
    scheme = make_scheme(position, 64) if isinstance(position, str) else position
    said = (inspect.getdoc(inspect.getmodule(type(scheme))) or type(scheme).__name__).split("\n\n")
    acts_on = re.search(r"acts on: (.+?)   ", "\n".join(said))
    does = [
        what for hook, what in HOOKS.items() if (scheme.replaces_softmax if hook == "attend" else scheme.acts(hook))
    ]
    entering = "the lookup changed by it" if scheme.acts("embed") else "the plain lookup"
    parts = [f"{type(scheme).__name__}: {said[0].split(': ', 1)[-1]}"]
    if isinstance(scheme, Wrapper):
        parts.append(f"Inside it: {', '.join(type(one).__name__ for one in scheme.of)}.")
    parts += [f"Acts on: {acts_on[1]}."] if acts_on else []
    parts += [f"Changes {'; '.join(does) or 'nothing'}.", f"The tensor that enters the first block is {entering}."]
    formula = [part for part in said[1:] if part.startswith("    ")][:1]
    return "\n\n".join([" ".join(" ".join(parts).split()), *formula])
