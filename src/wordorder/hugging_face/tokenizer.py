"""tokenizer: a tokenizer of the shelf as the two files that transformers.AutoTokenizer loads, with the same ids.

The end token, `end_id`, stands before every text that is encoded with special tokens, and is both bos and eos. What a file
calls special is usually found in text too. Not here: `split_special_tokens` in tokenizer_config.json keeps text text under
transformers. Readers of tokenizer.json alone do not see that setting; the end token's spelling, which holds a code point
that Unicode will never make a character, is not met by accident there, but the special tokens of a `pretrained` file may be.

`pretrained`: the names and ids of its file stay, special tokens too, and the end token is one id beyond them or the one
that `end_token` names; template, bounds of length, chance and decoder are replaced. A mark that is written for a space
becomes the space itself, so a mark in a text is an unknown character and spelt in bytes.

Limits: the space that some files put before every text is not put before the empty one, where the library gives no token
whatever a file says. A form is compared with its tokenizer on a fixed list of hard texts and on the spellings of all added
tokens, and refused if it differs; that it is equal elsewhere is not proved. Refused are Unigram files whose pieces hold the
names of bytes or of special tokens, which a text can spell.
"""

import json
from itertools import count
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, processors

from wordorder.hugging_face.engines import of_characters, of_layout
from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.byte_level import ByteLevel
from wordorder.tokenizer.char import Char
from wordorder.tokenizer.layout import Layout
from wordorder.tokenizer.losing import EVERY_BYTE, HARD
from wordorder.tokenizer.pretrained import Pretrained
from wordorder.whole_files import write_whole

NEVER = "\ufdd0"  # a noncharacter


def write_tokenizer(tokenizer: Tokenizer, folder: Path, *, context_length: int, model_type: str) -> None:
    """Write folder/tokenizer.json and folder/tokenizer_config.json, beside a config.json of that `model_type`.

    transformers warns of texts beyond `context_length`.

    Raises ValueError, before anything is written, where `stock_tokenizer` does.
    """
    engine = stock_tokenizer(tokenizer)
    end = engine.id_to_token(tokenizer.end_id)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end,
        "eos_token": end,
        "unk_token": None,  # said, because some classes would add tokens of their own
        "pad_token": None,
        "model_max_length": context_length,
        "model_input_names": ["input_ids", "attention_mask"],  # some versions would add token_type_ids
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": True,
    }
    if model_type == "qwen2":
        # AutoTokenizer gives it the class Qwen2Tokenizer, whatever class is named above, which takes no more than
        # vocabulary and merges from tokenizer.json unless it is told this. It lets no code run: that is asked of the
        # caller alone. Lost where transformers saves such a folder again.
        config["trust_remote_code"] = True
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "tokenizer.json", engine.to_str(pretty=True), synced=False)
    write_whole(folder / "tokenizer_config.json", json.dumps(config, indent=2) + "\n", synced=False)


def stock_tokenizer(tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer as the library's own, to which text that spells a special token is text.

    Raises ValueError where it has no such form, naming a text for which the nearest one differs.
    """
    engine = without_end(tokenizer)
    end = engine.id_to_token(tokenizer.end_id)  # one of a file's own
    if end is None:
        known = engine.get_vocab()
        end = next(name for name in (f"<|end{NEVER * n}|>" for n in count(1)) if name not in known)
        engine.add_special_tokens([AddedToken(end, normalized=False)])
    engine.encode_special_tokens = True
    if (why := find_difference(engine, tokenizer, end)) is not None:
        raise ValueError(
            f"tokenizer={type(tokenizer).__name__} cannot be written for the tokenizers library: {why}; "
            "give tokenizer=None to write the model alone"
        )
    engine.post_processor = processors.TemplateProcessing(
        single=[f"{end}:0", "$A:0"],
        pair=[f"{end}:0", "$A:0", f"{end}:1", "$B:1"],
        special_tokens=[(end, tokenizer.end_id)],
    )
    return engine


def without_end(tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """The vocabulary and all that cuts a text. Raises ValueError for a family that is not known here."""
    if isinstance(tokenizer, Byte | Char):
        return of_characters(tokenizer.vocab)
    if isinstance(tokenizer, ByteLevel):
        return tokenizers.Tokenizer.from_str(tokenizer.state())
    if isinstance(tokenizer, Pretrained):
        return of_layout(Layout(tokenizer.state()))
    raise ValueError(
        f"tokenizer={type(tokenizer).__name__} is of a family that is not known here: "
        "give tokenizer=None to write the model alone"
    )


def find_difference(engine: tokenizers.Tokenizer, tokenizer: Tokenizer, end: str) -> str | None:
    """What the engine does otherwise than the tokenizer on texts that are hard for either; None if nothing."""
    if engine.token_to_id(end) != tokenizer.end_id:
        return (
            f"its ids have gaps, so that the end token would be {engine.token_to_id(end)} instead of {tokenizer.end_id}"
        )
    added = [token.content for token in engine.get_added_tokens_decoder().values()]
    texts = [*HARD, *EVERY_BYTE, *added, *(f"a {name}  b" for name in added)]
    texts = [text for text in texts if text or not tokenizer.prefix]
    theirs = engine.encode_batch_fast(texts, add_special_tokens=False)
    for text, ids, their in zip(texts, tokenizer.encode_batch(texts), theirs, strict=True):
        if ids.tolist() != their.ids:
            return f"the ids of {text[:40]!r} would differ"
        if tokenizer.lossless and engine.decode(their.ids) != text:
            return f"{text[:40]!r} would not be given back"
    return None
