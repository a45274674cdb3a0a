"""folder: models in and out of folders of the Hugging Face layout, of a class of transformers or in our own plain form."""

from pathlib import Path
from typing import Any

import torch

from wordorder.check import Config, make
from wordorder.errors import InputError
from wordorder.hugging_face.classes import STOCK, choose_stock, find_stock
from wordorder.hugging_face.files import read_config, read_tensors, read_tokenizer, write_folder
from wordorder.hugging_face.weights import State, from_stock, to_stock
from wordorder.model.renaming import name_inside
from wordorder.model.transformer import Transformer
from wordorder.position.base import PositionScheme
from wordorder.tokenizer.base import Tokenizer

OWN = "wordorder"  # model_type of a folder that no class of transformers loads
TRANSFORMER = {"_target_": "wordorder.model.transformer.Transformer"}


def from_hugging_face(
    source: Any, *, position: Config | None = None, allow: tuple[str, ...] = ()
) -> tuple[Transformer, Tokenizer | None]:
    """The trained model in evaluation mode, float32, on the CPU, and the tokenizer of the folder where there is one.

    `source` is a folder with config.json and safetensors (one file, or several with their index), or a model of transformers.
    `position`: the node of a scheme to put in place of its own, for the same weights under another rule.
    A folder may come from anyone, so it may name schemes of wordorder and of the packages in `allow` only.
    Raises InputError for a class, a choice or a tensor that is not known here.
    """
    folder = None if hasattr(source, "state_dict") else Path(source)
    try:
        config = source.config.to_dict() if folder is None else read_config(folder)
        model, scheme = read_nodes(config, allow)
        tokenizer = None if folder is None else read_tokenizer(folder, config)
        state = source.state_dict() if folder is None else read_tensors(folder)
        state = state if config["model_type"] == OWN else renamed(state, config, model)
        return fill(model, position or scheme, state, config, tokenizer, allow), tokenizer
    except InputError as error:
        raise InputError(f"hugging_face={folder or type(source).__name__}: {error}") from error


def read_nodes(config: Config, allow: tuple[str, ...] = ()) -> tuple[Config, Config]:
    """The nodes of the model and of its scheme that a config.json describes. Raises InputError."""
    kind = config.get("model_type")
    if missing := [key for key in ("vocab_size", "model", "position") if key not in config and kind == OWN]:
        raise InputError(f"config.json lacks {missing[0]}")
    if kind == OWN:
        refuse_foreign(config["position"], ("wordorder.position", *allow))
        return config["model"] | TRANSFORMER, config["position"]
    if (stock := find_stock(kind)) is None:
        known = ", ".join(stock.model_type for stock in STOCK)
        raise InputError(f"model_type={kind} in config.json is not known here, which has {known} and {OWN}")
    choices, scheme = stock.read(config)
    return choices | TRANSFORMER, scheme


def refuse_foreign(node: Any, allow: tuple[str, ...]) -> None:
    """Raise InputError for a part of a scheme that lies elsewhere: its constructor could do anything."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if key == "_target_" and not str(value).startswith(tuple(f"{name}." for name in allow)):
            package = str(value).split(".")[0]
            raise InputError(
                f"_target_={value} in config.json is no scheme of wordorder; if you trust it, allow={package}"
            )
        refuse_foreign(value, allow)


def renamed(state: State, config: Config, model: Config) -> State:
    """The tensors of a stock class under our names."""
    stock = find_stock(config["model_type"])
    if not any(name.startswith(stock.prefix) for name in state):
        heads = ("lm_head.weight", stock.head)  # beside what has the prefix
        state = {name if name in heads else stock.prefix + name: weight for name, weight in state.items()}
    if "lm_head.weight" in state:  # what some classes call it in memory, and some of their folders
        state = {stock.head if name == "lm_head.weight" else name: weight for name, weight in state.items()}
    ignored = stock.ignored + ((stock.head,) if model["tie_embeddings"] else ())
    return from_stock(state, stock.all_weights(model), model["n_layers"], model["head_dim"], ignored)


def fill(
    model: Config, scheme: Config, state: State, config: Config, tokenizer: Tokenizer | None, allow: tuple[str, ...]
) -> Transformer:
    """The model that two nodes describe, with these weights. Raises InputError for one that is missing or of another shape."""
    packages = ("wordorder", *allow)
    with torch.device("meta"):  # nothing is drawn, and no memory filled, for weights that are about to be replaced
        position = make(scheme, "position", allow=packages)
        made: Transformer = make(model, "model", allow=packages, vocab_size=config["vocab_size"], position=position)
    if position.acts("bind"):
        try:
            position.bind(vocabulary(position, tokenizer))
        except ValueError as error:
            raise InputError(f"position: {error}") from error
    position.at_step(1, 1)  # training is over
    wanted = made.state_dict()
    state = name_inside(state, wanted)
    if bad := [name for name in wanted if name not in state or state[name].shape != wanted[name].shape]:
        found = tuple(state[bad[0]].shape) if bad[0] in state else "nowhere"
        raise InputError(f"{bad[0]} of shape {tuple(wanted[bad[0]].shape)} is expected, and found {found}")
    # Copies lie aligned in memory as trained weights do; where a file puts them, some products differ in the last bit.
    weights = {name: state[name].detach().to(torch.float32, copy=True) for name in wanted}
    made.load_state_dict(weights, assign=True)
    return made.eval().requires_grad_(True)


def vocabulary(position: PositionScheme, tokenizer: Tokenizer | None) -> list[bytes]:
    """What a scheme that reads the bytes of tokens is told. Raises ValueError where there is no tokenizer."""
    if tokenizer is None:
        raise ValueError(f"{type(position).__name__} reads what tokens stand for, and there is no tokenizer: give one")
    return tokenizer.vocab


def to_hugging_face(model: Transformer, folder: str | Path, tokenizer: Tokenizer | None = None) -> str:
    """Write config.json, model.safetensors and the tokenizer's files, as a stock class loads them; returns its name.

    Raises ValueError, before anything is written, where no class has all choices of the model: it names what each of the
    nearest ones lacks. `to_plain` writes any model.
    """
    stock, config = choose_stock(model)
    end = None if tokenizer is None else tokenizer.end_id
    ends = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": None}  # said, because some classes have others
    state = to_stock(model.state_dict(), stock.all_weights(model.options), len(model.blocks), model.options["head_dim"])
    write_folder(Path(folder), config | {"dtype": "float32"} | ends, state, tokenizer, model.context_length)
    return stock.architecture


def to_plain(model: Transformer, folder: str | Path, position: Config, tokenizer: Tokenizer | None = None) -> None:
    """Write any model as safetensors under our names, with a config.json that `from_hugging_face` reads, and no other
    library; `position` is the node of its scheme. Raises ValueError for a tokenizer that cannot be written."""
    if model.position.acts("bind"):
        vocabulary(model.position, tokenizer)
    end = None if tokenizer is None else tokenizer.end_id
    config = {"model_type": OWN, "vocab_size": model.embedding.num_embeddings, "bos_token_id": end, "eos_token_id": end}
    config |= {"model": TRANSFORMER | model.options, "position": position}
    write_folder(Path(folder), config, model.state_dict(), tokenizer, model.context_length)
