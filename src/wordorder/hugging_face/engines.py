"""engines: a vocabulary of the shelf as an engine of the tokenizers library that gives the same ids."""

import json
import re

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers

from wordorder.tokenizer.byte_level import byte_level_alphabet
from wordorder.tokenizer.layout import UNUSED, Layout, Node, steps
from wordorder.tokenizer.vocabulary import sequence, without_prefix

SPACE = {"String": " "}
WORDS = {
    "type": "Split",
    "pattern": SPACE,
    "behavior": "MergedWithNext",
    "invert": False,
}  # what Metaspace makes of marks


def of_characters(vocab: list[bytes]) -> tokenizers.Tokenizer:
    """Each character is a word, looked up and else spelt in bytes: BPE without merges."""
    alphabet = byte_level_alphabet()
    ids = {"".join(alphabet[byte] for byte in token): i for i, token in enumerate(vocab)}
    engine = tokenizers.Tokenizer(models.BPE(ids, [], ignore_merges=True))
    spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.FixedLength(1), spelling])
    engine.decoder = decoders.ByteLevel()
    return engine


def of_layout(layout: Layout) -> tokenizers.Tokenizer:
    """The file with a prefix before every text, spaces for marks, and no template, bounds of length or chance."""
    at_byte_level = any(step["type"] == "ByteLevel" for step in layout.normalizers + layout.pre_tokenizers)
    model = layout.model | ({"dropout": None} if "dropout" in layout.model else {})
    normalizers = [step for step in layout.normalizers if step["type"] != "Prepend"]
    cutters = steps(without_prefix(layout.file["pre_tokenizer"]))
    if layout.byte_ids and layout.mark != " ":
        already = any(step.get("pattern") == SPACE for step in normalizers)  # marks, when the pre-tokenizer comes
        normalizers = [step for step in normalizers if step.get("pattern") != SPACE]
        cutters = [cutter for step in cutters for cutter in at_spaces(step, already)]
        model = with_spaces(layout, model)
    if layout.prefix:
        normalizers = [{"type": "Prepend", "prepend": layout.prefix}, *normalizers]
    own = {
        "model": model,
        "added_tokens": sorted(layout.added, key=lambda token: token["id"]),
        "normalizer": sequence("normalizers", normalizers),
        "pre_tokenizer": sequence("pretokenizers", cutters),
        "decoder": layout.file.get("decoder"),
    }
    engine = tokenizers.Tokenizer.from_str(json.dumps(layout.file | UNUSED | own))
    if at_byte_level or layout.byte_ids:
        engine.decoder = make_decoder(layout, at_byte_level)
    return engine


def at_spaces(step: Node, already: bool) -> list[Node]:
    """A step of the pre-tokenizer where spaces stay spaces; `already`: it used to find marks and no space."""
    if step["type"] == "Metaspace":
        return [WORDS] if step["split"] else []
    return [] if already and step.get("pattern") == SPACE else [step]


def with_spaces(layout: Layout, model: Node) -> Node:
    """The model with a space for every mark in a token; what was added beside the model is written as it is."""
    kept = {token["content"] for token in layout.added}
    names = {name: name if name in kept else name.replace(layout.mark, " ") for name in layout.ids}
    if isinstance(model["vocab"], list):
        return model | {"vocab": [[names[name], score] for name, score in model["vocab"]]}
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model.get("merges", [])]
    return model | {
        "vocab": {names[name]: i for name, i in model["vocab"].items()},
        "merges": [[names[left], names[right]] for left, right in pairs],
    }


def make_decoder(layout: Layout, at_byte_level: bool) -> decoders.Decoder:
    """What marks a continuing piece goes, bytes become characters, the prefix goes."""
    within = layout.model.get("continuing_subword_prefix")
    first = [decoders.Replace(Regex(rf"\A{re.escape(within)}"), "")] if within else []
    spelling = [decoders.ByteLevel()] if at_byte_level else [decoders.ByteFallback(), decoders.Fuse()]
    last = [decoders.Replace(Regex(rf"\A{re.escape(layout.prefix)}"), "")] if layout.prefix else []
    return decoders.Sequence([*first, *spelling, *last])
