"""layout: what a tokenizer.json says: which ids it has, which of them no text may become, and what bytes the others stand for.

Layouts that lose nothing: GPT-2's and Llama 3's, which write a character for each byte; Llama 2's, which writes a mark for
a space, spells what it does not know by the names of its bytes, and puts a space before every text.
"""

import json
from functools import cached_property
from typing import Any

import tokenizers

from wordorder.tokenizer.byte_level import byte_level_alphabet

Node = dict[str, Any]
BYTE_NAMES = [f"<0x{byte:02X}>" for byte in range(256)]
LARGEST = 2**24  # ids: beyond, a file is damaged, and a table of its bytes would fill the memory
UNUSED = dict.fromkeys(("truncation", "padding", "post_processor", "decoder"))  # what plain text has no use for


class Layout:
    """One file, taken apart."""

    def __init__(self, text: str):
        written = json.loads(text)  # not by the library, which gives an id of its own where two are equal
        if not isinstance(written, dict) or "vocab" not in (written.get("model") or {}):
            raise ValueError("it has no model with a vocabulary")
        self.file: Node = written | in_current_words(written)
        self.model: Node = written["model"]
        self.added: list[Node] = written.get("added_tokens", [])
        self.normalizers = steps(self.file["normalizer"])
        self.pre_tokenizers = steps(self.file["pre_tokenizer"])
        self.names = name_ids([*self.ids.items(), *((token["content"], token["id"]) for token in self.added)])

    @cached_property
    def ids(self) -> dict[str, int]:
        """Id of each token that the model itself knows."""
        vocab = self.model["vocab"]
        return vocab if isinstance(vocab, dict) else {piece: i for i, (piece, _) in enumerate(vocab)}

    @cached_property
    def special(self) -> set[int]:
        """Ids that no text may become: special tokens, and the one for what is unknown."""
        special = {token["id"] for token in self.added if token["special"]}
        unknown = self.model.get("unk_token"), self.model.get("unk_id")
        return special | {i for i, name in self.names.items() if name == unknown[0] or i == unknown[1]}

    @cached_property
    def mark(self) -> str:
        """What is written for a space; a space where nothing else is."""
        replaced = [step["content"] for step in self.normalizers if step.get("pattern") == {"String": " "}]
        replaced += [step["replacement"] for step in self.pre_tokenizers if step["type"] == "Metaspace"]
        return (replaced or [" "])[0]

    @cached_property
    def prefix(self) -> str:
        """What is put before every text, but in some layouts not before one that begins with a space."""
        first, put = self.file["pre_tokenizer"] or {}, [step for step in self.normalizers if step["type"] == "Prepend"]
        if first.get("add_prefix_space") or first.get("prepend_scheme", "never") != "never":
            return " "
        return "".join(step["prepend"] for step in put).replace(self.mark, " ")

    @cached_property
    def byte_ids(self) -> list[int]:
        """Id of each byte where the model spells what it does not know; none where one is missing."""
        whole = self.model.get("byte_fallback") and all(name in self.ids for name in BYTE_NAMES)
        return [self.ids[name] for name in BYTE_NAMES] if whole else []

    def tokens(self) -> list[bytes]:
        """The bytes that each id stands for; none for special ids and others that no text can become."""
        tokens = [b""] * (max(self.names) + 1)
        at_byte_level = any(step["type"] == "ByteLevel" for step in self.normalizers + self.pre_tokenizers)
        byte_of = {char: byte for byte, char in enumerate(byte_level_alphabet())}
        spelt = {i: byte for byte, i in enumerate(self.byte_ids)}
        within = self.model.get("continuing_subword_prefix") or ""
        for i in self.names.keys() - self.special:
            name = self.names[i].removeprefix(within)
            if self.names[i] not in self.ids:
                tokens[i] = self.names[i].encode("utf-8")  # added beside the model, and written as it is
            elif at_byte_level:
                tokens[i] = bytes(byte_of[char] for char in name) if byte_of.keys() >= set(name) else b""
            elif i in spelt:
                tokens[i] = bytes([spelt[i]])
            else:
                tokens[i] = name.replace(self.mark, " ").encode("utf-8")
        return tokens


def in_current_words(file: Node) -> Node:
    """The normalizer and pre-tokenizer as the library writes them today, defaults said and older names replaced."""
    small = {"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": []}
    known = json.loads(tokenizers.Tokenizer.from_str(json.dumps(file | small | UNUSED)).to_str())
    return {part: known[part] for part in ("normalizer", "pre_tokenizer")}


def name_ids(pairs: list[tuple[str, int]]) -> dict[int, str]:
    """Every id's token as the file writes it, special ones too. Raises ValueError where they are not one to one."""
    names: dict[int, str] = {}
    ids: dict[str, int] = {}
    for name, i in pairs:
        if names.setdefault(i, name) != name:
            raise ValueError(f"the id {i} is given to both {names[i]!r} and {name!r}")
        if ids.setdefault(name, i) != i:
            raise ValueError(f"{name!r} is given both the ids {ids[name]} and {i}")
    if not 0 <= max(names, default=-1) < LARGEST:
        raise ValueError(f"its largest id is {max(names, default=None)}")
    return names


def steps(node: Node | None) -> list[Node]:
    """The steps of a normalizer or pre-tokenizer, sequences entered."""
    if not node or node["type"] != "Sequence":
        return [node] if node else []
    return [step for inner in node.get("normalizers", node.get("pretokenizers")) for step in steps(inner)]
