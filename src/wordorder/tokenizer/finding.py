"""finding: the tokenizer.json that a person named: a file, a folder with one, or a name on the Hugging Face hub."""

import os
import re
from pathlib import Path

from wordorder.errors import InputError, nearest

HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")


def find_file(path: str) -> Path:
    """The tokenizer.json that a person named. Raises InputError."""
    there = Path(path).expanduser()
    if there.is_dir() and path:
        if (there / "tokenizer.json").is_file():
            return there / "tokenizer.json"
        held = ", ".join(sorted(os.listdir(there))[:5]) or "nothing"
        raise InputError(f"tokenizer.path={path} holds no tokenizer.json (it holds {held}): name a folder that does")
    if there.exists() and path:
        return there
    if HUB_NAME.fullmatch(path) and not path.endswith(".json"):
        return fetch(path)
    names = os.listdir(there.parent) if there.parent.is_dir() else []
    near = nearest(there.name, names)
    hint = f"near names there are {', '.join(near)}" if near else f"looked in {there.parent.resolve()}"
    raise InputError(f"tokenizer.path={path} does not exist; {hint}")


def fetch(name: str) -> Path:
    """The file of a hub name: the copy that is on this machine, else the hub's."""
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(name, "tokenizer.json", local_files_only=True))
    except (OSError, ValueError):
        pass  # not here yet, or no such name, as the hub will say
    try:
        return Path(hf_hub_download(name, "tokenizer.json"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"tokenizer.path={name} is no file or folder here, and the Hugging Face hub cannot give it "
            f"({type(error).__name__}): give a local tokenizer.json, or fetch it once on a machine with a network, "
            f"as in hf download {name} tokenizer.json"
        ) from error
