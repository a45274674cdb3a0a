"""data: what a model is given: how much text, how it is cut, some documents, what of them is scored, and the first rows."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from wordorder.check import Config, check_types, make
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.data.token_store import TokenStore
from wordorder.errors import InputError
from wordorder.position.base import PositionScheme
from wordorder.show.cells import DIM, END, MARK
from wordorder.show.documents import picture_document, picture_row
from wordorder.source.base import SPLITS, Source, Split
from wordorder.text import train_tokenizer
from wordorder.tokenizer.base import Tokenizer

ROWS = 2  # of the first batch
WIDEST = 140  # columns; longer lines are hard to read
SIGNS = f"␣ space   ⏎ newline   ⇥ tab   {END} end   <E2> a byte inside a character   <U+200D> nothing to see   {MARK} scored"
KEYS = {"n": int, "first": int, "split": Split, "seed": int, "data_seed": int, "output_dir": str}  # at the config's top


class Shown:
    """The text of a config under its tokenizer. `choices` names the yaml of each group.

    Building one checks the config, then trains the tokenizer and builds the store where training has not left them already.
    Raises InputError.
    """

    def __init__(self, config: Config, choices: dict[str, str]):
        self.config, self.choices = config, choices
        check_scalars(config)
        self.source: Source = make(config["source"], "source")
        self.tokenizer: Tokenizer = make(config["tokenizer"], "tokenizer")
        self.packing: Packing = make(config["data"], "data")
        self.tokenizer.check()
        with torch.device("meta"):
            model = make(config["model"], "model", vocab_size=256, position=PositionScheme())
        train_tokenizer(self.tokenizer, self.source, config)
        self.store: TokenStore = open_store(self.source, self.tokenizer, Path(config["output_dir"]) / "token_store")
        self.length = self.packing.context_tokens(model.context_length, self.store)
        count = self.store.meta["splits"][config["split"]]["documents"]
        if config["first"] >= count:
            raise InputError(f"first={config['first']} must be below {count}, the documents of split={config['split']}")

    def print(self, console: Console) -> None:
        """All parts, one after the other, so that what can be shown is shown before what cannot be is refused."""
        width = min(console.width, WIDEST)
        for part in chain([self.head()], self.documents(width), self.rows(width)):
            console.print(part, width=width, crop=False, overflow="ignore", end="")  # a wider token stays whole

    def head(self) -> Group:
        """What text and tokenizer this is, how much there is of it, how it becomes rows, and what the signs mean."""
        source, tokenizer = self.source, self.tokenizer
        lines = {
            "source": f"{self.choices['source']}, digest {source.digest()[:8]}; {settings(self.config['source'])}",
            "tokenizer": f"{self.choices['tokenizer']}, digest {tokenizer.digest()[:8]}; {settings(self.config['tokenizer'])}",
            "vocabulary": self.describe_vocabulary(),
            "rows": self.describe_rows(),
            "signs": SIGNS,
        }
        grid = Table.grid(padding=(0, 2))
        for name, text in lines.items():
            grid.add_row(Text(name, DIM), Text(text))
        return Group(grid, "", table_of_splits(self.store), "")

    def describe_vocabulary(self) -> str:
        """How many tokens there are, and how many were asked for."""
        tokenizer, wanted = self.tokenizer, self.config["tokenizer"].get("vocab_size")
        asked = f" of {wanted:,} asked for" if wanted else ""
        prefix = f", {tokenizer.prefix!r} before every text" if tokenizer.prefix else ""
        lost = "" if tokenizer.lossless else "; some text is lost"
        return f"{len(tokenizer.vocab):,} tokens{asked}{prefix}, and {END} before and after every document{lost}"

    def describe_rows(self) -> str:
        """How documents become rows."""
        if self.packing.layout_of(self.source) == "document":
            return f"one document a row, padded on the right to the longest training document; at most {self.length:,} tokens"
        sees = "all before it" if self.packing.attend_across else "its own document only"
        return f"windows of {self.length:,} tokens out of one stream of documents; a token sees {sees}"

    def documents(self, width: int) -> Iterator[RenderableType]:
        """Each document under a rule."""
        split, first = self.config["split"], self.config["first"]
        stream, facts = self.store.stream(split), self.store.facts(split)
        for number in range(first, min(first + self.config["n"], len(facts))):
            yield Rule(Text(f"{split} document {number:,}"), align="left", style=DIM)
            yield picture_document(stream, number, facts[number], self.tokenizer, width)

    def rows(self, width: int) -> Iterator[RenderableType]:
        """The first rows of training. Raises InputError where the text makes none."""
        stream, seed = self.store.stream("train"), self.config["data_seed"]
        rows = self.packing.rows(stream, self.source, length=self.length, data_seed=seed)
        batch = rows.batch(np.arange(ROWS))
        yield Rule(Text("the first rows that training reads"), align="left", style=DIM)
        for n in range(ROWS):
            yield picture_row(batch, n, self.tokenizer, width)


def check_scalars(config: Config) -> None:
    """Names, types and ranges at the top of the config."""
    check_types(config, KEYS)
    for name, least in {"n": 1, "first": 0, "data_seed": 0}.items():
        if not least <= config[name] < 2**63:
            raise InputError(f"{name}={config[name]} must be at least {least} and below 2^63")


def settings(node: Config, key: str = "") -> str:
    """The arguments of a node as they would be typed; of one inside it, its class first."""
    said = [f"{key[:-1]}={node['_target_'].rpartition('.')[2]}"] if key else []
    for name, value in node.items():
        if isinstance(value, dict):
            said.append(settings(value, f"{key}{name}."))
        elif name != "_target_":
            said.append(f"{key}{name}={value if isinstance(value, str) else json.dumps(value)}")
    return " ".join(said) or "no settings"


def table_of_splits(store: TokenStore) -> Table:
    """How much there is of each split."""
    table = Table(box=None, pad_edge=False, header_style=DIM)
    for name in ("split", "documents", "tokens", "bytes", "scored bytes", "bytes a token", "longest"):
        table.add_column(name, justify="left" if name == "split" else "right")
    for split in SPLITS:
        one = store.meta["splits"][split]
        counts = [f"{one[name]:,}" for name in ("documents", "tokens", "bytes", "scored_bytes")]
        table.add_row(split, *counts, f"{one['bytes'] / one['tokens']:.3f}", f"{one['longest']:,} tokens")
    return table
