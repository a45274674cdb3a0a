"""exporting: a trained run as a folder that others can load, with a card that says what it is.

stock   as a class of transformers loads it, where one computes exactly this model
plain   any model, under our own names, for wordorder.hugging_face.from_hugging_face
"""

import os
import tempfile
from pathlib import Path
from typing import Literal

from wordorder.check import MISSING, Config, check_types
from wordorder.errors import InputError
from wordorder.hugging_face import to_hugging_face, to_plain
from wordorder.hugging_face.tokenizer import stock_tokenizer
from wordorder.model.transformer import Transformer
from wordorder.model_card import card
from wordorder.record.run_record import RunRecord
from wordorder.saved import load
from wordorder.tokenizer.base import Tokenizer

KEYS = {
    "run": str,
    "to": str,
    "form": Literal["stock", "plain"],
    "allow": list[str],
}


def check_config(config: Config) -> None:
    """Raise InputError for a value of another type, or a place that is taken, before anything is loaded."""
    check_types(config, KEYS)
    for name, what in (("run", "the folder of a trained run"), ("to", "the folder to be made")):
        if config[name] in ("", MISSING):
            raise InputError(f"{name} is required: {name}=FOLDER, {what}")
    target = Path(config["to"])
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(f"to={target} is there already and is not overwritten: name a folder that is new or empty")


def export(config: Config) -> str:
    """Write the folder, whole or not at all; returns what is to be said of it. Raises InputError."""
    check_config(config)
    run, target = Path(config["run"]), Path(config["to"]).resolve()
    model, tokenizer, trained = load(run, allow=tuple(config["allow"]))
    left_out = reason_to_leave_out(tokenizer)
    given = None if left_out else tokenizer
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as beside:
        whole = Path(beside) / "whole"
        name = write(model, whole, given, form=config["form"], position=trained["position"])
        text = card(RunRecord(run), form=config["form"], class_name=name, with_tokenizer=not left_out)
        (whole / "README.md").write_text(text, encoding="utf-8")
        os.replace(whole, target)
    said = [f"{config['to']}: {name}, {model.count_parameters()['total']:,} parameters"]
    return "\n".join([*said, f"the tokenizer is left out: {left_out}"] if left_out else said)


def write(model: Transformer, folder: Path, tokenizer: Tokenizer | None, *, form: str, position: Config) -> str:
    """Config, weights and tokenizer; returns the class that they are for. Raises InputError where none computes the model."""
    try:
        if form == "stock":
            return to_hugging_face(model, folder, tokenizer)
        to_plain(model, folder, position, tokenizer)
        return "Transformer of wordorder"
    except ValueError as error:
        other = "; form=plain writes any model" if form == "stock" else ""
        raise InputError(f"form={form}: {error}{other}") from error


def reason_to_leave_out(tokenizer: Tokenizer) -> str:
    """Why a tokenizer has no form that transformers could load; nothing where it has."""
    try:
        stock_tokenizer(tokenizer)
    except ValueError as error:
        return str(error).partition("give tokenizer=None")[0].rstrip(" ;:")
    return ""
