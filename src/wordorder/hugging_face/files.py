"""files: what lies in a folder of the Hugging Face layout. Only JSON and safetensors are read: no pickle, no code of others."""

import json
from pathlib import Path

from safetensors.torch import load_file, save
from torch import Tensor

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.tokenizer import write_tokenizer
from wordorder.hugging_face.weights import State
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.pretrained import Pretrained
from wordorder.whole_files import write_whole


def read_config(folder: Path) -> Config:
    """config.json. Raises InputError where there is none."""
    if not folder.is_dir():
        raise InputError("there is no such folder: give one with config.json and safetensors")
    return read_json(folder / "config.json")


def read_json(file: Path) -> Config:
    """An object of JSON. Raises InputError."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name} cannot be read ({error}): fetch it again") from error
    if not isinstance(found, dict):
        raise InputError(f"{file.name} holds no object of JSON: fetch it again")
    return found


def read_tensors(folder: Path) -> State:
    """All tensors of a folder. Raises InputError where there are none in safetensors."""
    index = folder / "model.safetensors.index.json"
    names = {"model.safetensors"}
    if index.exists():
        listed = read_json(index).get("weight_map")
        names = set(listed.values()) if isinstance(listed, dict) else set()
        if not names or not all(isinstance(name, str) and name == Path(name).name for name in names):
            raise InputError(f"{index.name} does not list files of this folder alone: fetch it again")
    state: dict[str, Tensor] = {}
    for name in sorted(names):
        if not (folder / name).is_file():
            raise InputError(f"there is no {name}, and only safetensors are read, never pickled weights: convert them")
        try:
            state |= load_file(folder / name)
        except Exception as error:  # the library raises a class of its own for a truncated file
            raise InputError(f"{name} cannot be read ({error}): fetch it again") from error
    return state


def read_tokenizer(folder: Path, config: Config) -> Tokenizer | None:
    """The tokenizer.json of a folder, also one that loses text: its `lossless` says so. None where there is none.

    Its end token is the checkpoint's bos_token_id, else its eos_token_id. Raises InputError where config.json has neither.
    """
    if not (folder / "tokenizer.json").is_file():
        return None
    tokenizer = Pretrained(path=str(folder), allow_lossy=True, end_token=find_end(folder, config))
    tokenizer.check()
    return tokenizer


def find_end(folder: Path, config: Config) -> str:
    """The token that config.json puts before a text, by its name in tokenizer.json; "" where it names none."""
    added = read_json(folder / "tokenizer.json").get("added_tokens") or []
    known = {token["id"]: token["content"] for token in added}
    for key in ("bos_token_id", "eos_token_id"):
        said = config.get(key)
        if (end := said[0] if isinstance(said, list) and said else said) is None:
            continue
        if end not in known:
            say = f"say one of these there, such as {next(iter(known), 0)}"
            raise InputError(f"{key}={end} in config.json is no added token of tokenizer.json: {say}")
        return known[end]
    return ""


def write_folder(folder: Path, config: Config, state: State, tokenizer: Tokenizer | None, context_length: int) -> None:
    """The tokenizer's files first, since it alone can be refused."""
    if tokenizer is not None:
        write_tokenizer(tokenizer, folder, context_length=context_length, model_type=config["model_type"])
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: weight.detach().cpu().contiguous() for name, weight in state.items()}
    content = save(state, metadata={"format": "pt"})  # the library's own file would be for its owner alone
    write_whole(folder / "model.safetensors", content, synced=False)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
