"""Trained weights on disk, and the way back from a run folder to its model."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from wordorder.check import Config, make
from wordorder.errors import InputError
from wordorder.model.renaming import name_inside
from wordorder.model.transformer import Transformer
from wordorder.opening import open_run
from wordorder.position.base import PositionScheme
from wordorder.record.run_record import RunRecord
from wordorder.tokenizer.base import Tokenizer
from wordorder.whole_files import write_whole


def load(
    run: str | Path, *, allow: tuple[str, ...] = (), position: Config | None = None
) -> tuple[Transformer, Tokenizer, Config]:
    """The trained model (in evaluation mode, on the CPU), its tokenizer and its resolved config.

    `position` is the section under which the same weights are to be read; None: that of the config.
    A run folder may come from anyone, so its config may name classes of wordorder and of the packages in `allow` only.
    """
    record = open_run(Path(run), "run")
    config, allow = record.config(), ("wordorder", *allow)
    tokenizer: Tokenizer = make(config["tokenizer"], "tokenizer", allow=allow)
    load_tokenizer(tokenizer, record)
    scheme: PositionScheme = make(position or config["position"], "position", allow=allow)
    bind(scheme, tokenizer)
    scheme.at_step(record.facts["steps"], record.facts["steps"])
    node = config["model"] | {"context_length": record.facts["context_length"]}  # in tokens, whatever its unit was
    model: Transformer = make(node, "model", allow=allow, vocab_size=tokenizer.n_ids, position=scheme)
    load_weights(model, record)
    return model.eval(), tokenizer, config


def bind(position: PositionScheme, tokenizer: Tokenizer) -> None:
    """Tell the scheme the vocabulary. Raises InputError where it cannot work with it."""
    try:
        position.bind(tokenizer.vocab)
    except ValueError as error:
        raise InputError(f"position: {error}") from error


def load_tokenizer(tokenizer: Tokenizer, record: RunRecord) -> None:
    """Fill the tokenizer with what the run was trained with. Raises InputError for a file that is not that."""
    file = record.folder / "tokenizer" / "tokenizer.json"
    try:
        tokenizer.load(file.parent)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read ({error}): train the run again with rerun=all") from error
    if tokenizer.digest() != record.facts["digests"]["tokenizer"]:
        raise InputError(f"{file} is not the tokenizer that the run was trained with: train it again with rerun=all")


def save_weights(model: Transformer, record: RunRecord) -> str:
    """Write the final weights; returns their digest."""
    state = {name: weight.detach().cpu().contiguous() for name, weight in model.state_dict().items()}
    write_whole(record.weights, save(state), synced=False)  # a full disk is then no error of the library's own
    return weights_digest(state)


def load_weights(model: Transformer, record: RunRecord, *, only: tuple[str, ...] = ("",)) -> None:
    """Fill the model (all weights, or those whose name begins with one of `only`). Raises InputError for a damaged file."""
    try:
        state = load_file(record.weights)
    except Exception as error:  # the library raises a class of its own for a truncated file
        raise InputError(
            f"{record.weights} cannot be read ({error}): delete {record.folder} and train the run again"
        ) from error
    if weights_digest(state) != record.facts["digests"]["weights"]:
        raise InputError(f"{record.weights} is not what the run wrote: delete {record.folder} and train the run again")
    state = name_inside(state, model.state_dict().keys())
    wanted = {name: weight for name, weight in state.items() if name.startswith(only)}
    missing = [name for name in model.load_state_dict(wanted, strict=False).missing_keys if name.startswith(only)]
    assert not missing or only != ("",), missing


def weights_digest(state: dict[str, torch.Tensor]) -> str:
    """Names, shapes and bits of all weights."""
    content = hashlib.sha256()
    for name in sorted(state):
        weight = state[name].detach().cpu().contiguous()
        content.update(f"{name} {weight.dtype} {tuple(weight.shape)}\n".encode())
        content.update(weight.view(torch.uint8).numpy() if weight.dim() else weight[None].view(torch.uint8).numpy())
    return content.hexdigest()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content, its tensors unread. Raises InputError for a damaged file."""
    try:
        return torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except Exception as error:  # zip, pickle or runtime error, by where the file was cut
        raise InputError(
            f"{path} cannot be read (damaged or cut short): delete it to start this run from step 0"
        ) from error
