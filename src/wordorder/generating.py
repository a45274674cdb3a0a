"""generating: a trained model goes on from a prompt, one token after another, and what it says is printed as it comes.

A token is the most probable one (temperature=0), or is drawn from the softmax of the logits, changed in this order:
    temperature   logits are divided by it
    top_k         of the tokens only so many most probable ones are left (Fan et al. 2018, 1805.04833)
    top_p         of these, renormalised, the smallest set whose probability reaches it (Holtzman et al. 2019, 1904.09751)
Of equally probable tokens those with smaller ids come first. Letters: see model/transformer.py.
"""

import codecs
import math
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter

import torch
from torch import Tensor

from wordorder.check import MISSING, Config, check_types
from wordorder.errors import InputError
from wordorder.model.seeding import generator as keyed_generator
from wordorder.model.transformer import Transformer
from wordorder.tokenizer.base import Tokenizer

KEYS = {
    "run": str,
    "prompt": str,
    "max_new_tokens": int,
    "temperature": float,
    "top_k": int,
    "top_p": float,
    "seed": int,
    "allow": list[str],
}
SETTINGS = ("max_new_tokens", "temperature", "top_k", "top_p", "seed")  # the keys that `generate` takes


def check_config(config: Config) -> None:
    """Raise InputError for a value of another type or out of range, before anything is loaded."""
    check_types(config, KEYS)
    if config["run"] in ("", MISSING):
        raise InputError("run is required: run=FOLDER, the folder of a trained run")
    try:
        config["prompt"].encode("utf-8")
        refuse_bad_settings(**{name: config[name] for name in SETTINGS if name != "seed"})
    except UnicodeEncodeError as error:
        raise InputError(f"prompt={config['prompt']!r} is not UTF-8: type it in a terminal that is") from error
    except ValueError as error:
        raise InputError(str(error)) from error


def refuse_bad_settings(*, max_new_tokens: int, temperature: float, top_k: int, top_p: float) -> None:
    """ValueError for what no token can be chosen by; the first word is the argument's name."""
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens={max_new_tokens} must be at least 1")
    if not 0 <= temperature < math.inf:
        raise ValueError(
            f"temperature={temperature} must be a number from 0 on; 0 takes the most probable token, 1 draws as trained"
        )
    if top_k < 0:
        raise ValueError(f"top_k={top_k} must not be negative; 0 leaves all tokens")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p={top_p} must lie in (0, 1]; 1 leaves all tokens")


def write(model: Transformer, tokenizer: Tokenizer, config: Config) -> None:
    """Print the prompt and what follows it, as it comes; then, on stderr, how many tokens, how fast, and why no more.

    A character is printed once all of its bytes are there. Raises InputError, before anything is printed, for a prompt
    that is too long for the position scheme.
    """
    prompt: str = config["prompt"]
    ids = tokenizer.encode(prompt).tolist() if prompt else []
    room(model, len(ids), config["max_new_tokens"])
    print(prompt, end="", flush=True)
    characters, bytes_of, said = codecs.getincrementaldecoder("utf-8")("replace"), [*tokenizer.vocab, b""], []
    began = perf_counter()
    for token in generate(model, ids, end_id=tokenizer.end_id, **{name: config[name] for name in SETTINGS}):
        opening = b"" if ids or said else tokenizer.prefix  # what a model says first of a document, and no text has
        said.append(token)
        print(characters.decode(bytes_of[token].removeprefix(opening)), end="", flush=True)
    seconds = perf_counter() - began
    print(characters.decode(b"", final=True), flush=True)
    why = say_why(model, len(ids), said, tokenizer.end_id, config["max_new_tokens"])
    print(f"{len(said)} tokens, {len(said) / seconds:.0f} a second; {why}", file=sys.stderr)


def say_why(model: Transformer, n_prompt: int, said: list[int], end_id: int, max_new_tokens: int) -> str:
    """Why generation ended, and how much of it lies beyond the context of training."""
    if said[-1] == end_id:
        why = "stopped at the end token"
    elif len(said) == max_new_tokens:
        why = f"stopped at max_new_tokens={max_new_tokens}"
    else:
        why = f"stopped at position {model.position.max_position}, where {type(model.position).__name__} ends"
    beyond = min(len(said), n_prompt + len(said) - model.context_length)
    return (
        why if beyond < 1 else f"{why}; {beyond} of them past the {model.context_length} tokens of a training context"
    )


def generate(
    model: Transformer,
    ids: Sequence[int],
    *,
    end_id: int,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
) -> Iterator[int]:
    """The tokens that follow the end token and the prompt's `ids`, each as soon as it is chosen; draws follow `seed` alone.

    Ends with `end_id`, after `max_new_tokens`, or where the position scheme does. `model` must be in evaluation mode. Its
    horizon is, from the first token on, the longest text that it may come to read: where the scheme is not `length_free`, the
    tokens depend on `max_new_tokens`. Raises ValueError for a setting out of range, InputError for a prompt that is too long.
    """
    refuse_bad_settings(max_new_tokens=max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p)
    n_new = room(model, len(ids), max_new_tokens)
    cache, draws = model.empty_cache(), keyed_generator("generate", seed)
    new_BT = torch.tensor([[end_id, *ids]], device=model.embedding.weight.device)
    for _ in range(n_new):
        with torch.inference_mode():
            logits_V = model(new_BT, cache=cache, horizon=len(ids) + n_new, last=1)[0, -1]
        token = choose(logits_V, draws, temperature=temperature, top_k=top_k, top_p=top_p)
        yield token
        if token == end_id:
            return
        new_BT = new_BT.new_tensor([[token]])


def room(model: Transformer, n_prompt: int, max_new_tokens: int) -> int:
    """How many tokens can follow a prompt of so many: of all these and the end token before them, the last is not read."""
    limit = model.position.max_position
    try:
        model.position.check_length(1 + n_prompt)
    except ValueError as error:
        said = f"prompt has {n_prompt} tokens and follows the end token"
        raise InputError(f"{said}: {error}; give at most {limit - 1}") from error
    return max_new_tokens if limit is None else min(max_new_tokens, limit - n_prompt)


def choose(
    logits_V: Tensor, generator: torch.Generator, *, temperature: float = 0.0, top_k: int = 0, top_p: float = 1.0
) -> int:
    """One token: the most probable one at temperature 0, else one drawn with these `probabilities`."""
    if temperature == 0:
        return int(logits_V.argmax())
    p_V = probabilities(logits_V, temperature=temperature, top_k=top_k, top_p=top_p)
    return int(torch.multinomial(p_V, 1, generator=generator))


def probabilities(logits_V: Tensor, *, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Of each token, float64 (V,) on the CPU: the softmax after temperature, then top_k, then top_p."""
    wide_V = logits_V.double().cpu()
    scaled_V = (wide_V - wide_V.max()) / temperature  # the largest is 0, however small the temperature
    scaled_V, id_V = scaled_V.sort(descending=True, stable=True)
    if top_k:
        scaled_V[top_k:] = -math.inf
    p_V = scaled_V.softmax(0)
    if top_p < 1:
        p_V[1:][p_V.cumsum(0)[:-1] >= top_p] = 0  # those before it reach top_p already
    return torch.zeros_like(p_V).scatter(0, id_V, p_V / p_V.sum())
