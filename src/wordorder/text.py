"""The text of a run: its tokenizer, trained once and kept beside the runs."""

from pathlib import Path
from typing import Any

from wordorder import identity
from wordorder.errors import InputError
from wordorder.source.base import Source
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.shop import train_once


def train_tokenizer(tokenizer: Tokenizer, source: Source, config: dict[str, Any]) -> None:
    """Train the tokenizer of this config on its source, or load what was trained before. Raises InputError."""
    recipe = identity.digest([config["tokenizer"] | tokenizer.contents(), source.digest()])
    shop = Path(config["output_dir"]) / "tokenizers"
    try:
        train_once(tokenizer, lambda: (document.text for document in source.documents("train")), shop, recipe)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"tokenizer.{error}") from error
