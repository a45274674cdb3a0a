"""vocabulary: a tokenizer.json as an engine for plain text, and the bytes that each of its ids stands for.

What would make text into something else is taken out of the engine: special tokens, bounds of length, chance. What it would
misread all the same is spelt in bytes.
"""

import json
import re
from dataclasses import dataclass

import numpy as np
import tokenizers

from wordorder.tokenizer.layout import BYTE_NAMES, UNUSED, Layout, Node

NOTHING = re.compile("((?!))")  # found in no text


@dataclass(frozen=True)
class Vocabulary:
    """`tokens` are the bytes of each id; `prefix` is what the file puts before a text, left to the caller to put.

    `misread` finds the parts of a text that the engine would take for something else: they are spelt by `byte_ids`.
    `tempting` are texts that spell what no text may become.
    """

    engine: tokenizers.Tokenizer
    tokens: list[bytes]
    prefix: str
    misread: re.Pattern[str]
    byte_ids: list[int]
    tempting: list[str]

    def encode(self, texts: list[str]) -> list[np.ndarray]:
        """Ids of each text, without the prefix."""
        cut = [self.misread.split(text) for text in texts]  # each second part is one to spell
        plain = [part for parts in cut for part in parts[::2]]
        read = iter(self.engine.encode_batch_fast(plain, add_special_tokens=False))
        ids = [[self.spell(part) if n % 2 else next(read).ids for n, part in enumerate(parts)] for parts in cut]
        return [np.array([i for part in parts for i in part], dtype=np.int64) for parts in ids]

    def spell(self, text: str) -> list[int]:
        return [self.byte_ids[byte] for byte in text.encode("utf-8")]


def read_vocabulary(text: str) -> Vocabulary:
    """Raises ValueError for a file whose ids are not one to a token; the library's own exceptions for one it cannot read."""
    layout = Layout(text)
    engine, hidden = build_engine(layout), sorted(layout.special)
    return Vocabulary(
        engine,
        layout.tokens(),
        layout.prefix,
        find_misread(layout, engine),
        layout.byte_ids,
        [layout.mark, *(layout.names[i] for i in hidden), *(unreachable(i) for i in hidden)],
    )


def unreachable(i: int) -> str:
    """What a special token is called in the engine: a space never reaches the model of a layout that loses nothing."""
    return f" {i}"


def build_engine(layout: Layout) -> tokenizers.Tokenizer:
    """The file without what is not for plain text: special tokens, the prefix, bounds of length, chance."""
    names = {i: unreachable(i) if i in layout.special else name for i, name in layout.names.items()}
    model = layout.model | {"vocab": {name: i for i, name in names.items()}}
    if isinstance(layout.model["vocab"], list):
        scores = dict(enumerate(score for _, score in layout.model["vocab"]))
        model["vocab"] = [[names.get(i, unreachable(i)), scores.get(i, 0.0)] for i in range(max(names) + 1)]
    if model.get("unk_token") in layout.names.values():
        model["unk_token"] = next(names[i] for i in layout.names if layout.names[i] == model["unk_token"])
    if "dropout" in model:
        model["dropout"] = None
    own = {
        "model": model,
        "added_tokens": [token for token in layout.added if not token["special"]],
        "normalizer": sequence("normalizers", [step for step in layout.normalizers if step["type"] != "Prepend"]),
        "pre_tokenizer": without_prefix(layout.file["pre_tokenizer"]),
    }
    return tokenizers.Tokenizer.from_str(json.dumps(layout.file | own | UNUSED))


def find_misread(layout: Layout, engine: tokenizers.Tokenizer) -> re.Pattern[str]:
    """The mark in a text would be taken for a space, in some models the name of a byte for that byte."""
    if not layout.byte_ids:
        return NOTHING
    parts = [re.escape(layout.mark)] if layout.mark != " " else []
    if layout.byte_ids[0x41] in engine.encode(BYTE_NAMES[0x41], add_special_tokens=False).ids:
        parts.append("<0x[0-9A-F]{2}>")
    return re.compile(f"({'|'.join(parts)})") if parts else NOTHING


def sequence(kind: str, inner: list[Node]) -> Node | None:
    return {"type": "Sequence", kind: inner} if inner else None


def without_prefix(node: Node | None) -> Node | None:
    """A pre-tokenizer that puts no space before a text; one inside a sequence puts it before words, and stays."""
    never = {"add_prefix_space": False, "prepend_scheme": "never"}
    return node and node | {key: value for key, value in never.items() if key in node}
