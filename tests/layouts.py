"""Tokenizer files in the layouts that published models use, written by the tokenizers library from a small text."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MARK = "\u2581"
BYTE_NAMES = [f"<0x{byte:02X}>" for byte in range(256)]
GPT4_WORDS = (  # the pattern that Llama 3's file holds
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def texts() -> list[str]:
    """Words of a few scripts, without spaces at the begin."""
    draw = random.Random(0)
    words = ["the", "order", "of", "words", "wording", "naïve", "größer", "слово", "42", "it's", "x = [1, 2]", "a\n\nb"]
    return [" ".join(draw.choices(words, k=100)) for _ in range(30)]


def save(folder: Path, file: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(file, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


def train(engine: Tokenizer, trainer: Any) -> dict[str, Any]:
    engine.train_from_iterator(texts(), trainer)
    return json.loads(engine.to_str())


def added(i: int, content: str, *, special: bool = True) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": i, "content": content, **flags, "special": special}


def bpe_trainer(size: int, **own: Any) -> trainers.BpeTrainer:
    return trainers.BpeTrainer(vocab_size=size, show_progress=False, **own)


def byte_alphabet() -> list[str]:
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def write_gpt2(folder: Path, **pre: Any) -> Path:
    """Byte-level BPE; the end marker has the last id, in the model's vocabulary and among the added tokens."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(**{"add_prefix_space": False} | pre)
    engine.post_processor = processors.ByteLevel(trim_offsets=False)
    engine.decoder = decoders.ByteLevel()
    file = train(engine, bpe_trainer(320, initial_alphabet=byte_alphabet()))
    end = len(file["model"]["vocab"])
    file["model"]["vocab"]["<|endoftext|>"] = end
    file["added_tokens"] = [added(end, "<|endoftext|>")]
    return save(folder, file)


def write_llama2(folder: Path) -> Path:
    """BPE over characters with spaces marked, unknown ones spelt in bytes; a space before every text by a normalizer."""
    file = llama2()
    file["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": MARK},
            {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
        ],
    }
    file["pre_tokenizer"] = None
    return save(folder, file)


def write_llama2_metaspace(folder: Path, prepend_scheme: str = "first") -> Path:
    """The newer form, `legacy=False`: the pre-tokenizer marks spaces, and puts one where the text does not begin with one."""
    file = llama2()
    file["pre_tokenizer"] = {
        "type": "Metaspace",
        "replacement": MARK,
        "prepend_scheme": prepend_scheme,
        "split": False,
    }
    return save(folder, file)


def llama2() -> dict[str, Any]:
    engine = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    engine.pre_tokenizer = pre_tokenizers.Metaspace(MARK, prepend_scheme="always")
    engine.decoder = decoders.Sequence(
        [decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    engine.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    special = ["<unk>", "<s>", "</s>"]
    file = train(engine, bpe_trainer(360, limit_alphabet=30, special_tokens=[*special, *BYTE_NAMES]))
    file["added_tokens"] = file["added_tokens"][: len(special)]
    return file


def write_llama3(folder: Path) -> Path:
    """Byte-level BPE behind GPT-4's words, which skips merges for words it knows; many special ids beyond the vocabulary."""
    engine = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(GPT4_WORDS), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    engine.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_])
    engine.decoder = decoders.ByteLevel()
    file = train(engine, bpe_trainer(330, initial_alphabet=byte_alphabet()))
    names = ["<|begin_of_text|>", "<|end_of_text|>", *(f"<|reserved_special_token_{n}|>" for n in range(20))]
    first = len(file["model"]["vocab"])
    file["added_tokens"] = [added(first + n, name) for n, name in enumerate(names)]
    template = processors.TemplateProcessing(single=f"{names[0]} $A", special_tokens=[(names[0], first)])
    file["post_processor"] = json.loads(template.__getstate__())
    return save(folder, file)


def write_neox(folder: Path) -> Path:
    """Byte-level BPE with runs of spaces added beside the model as ordinary tokens, with ids after a special one's."""
    file = json.loads(write_gpt2(folder).read_text(encoding="utf-8"))
    after = file["model"]["vocab"].pop("<|endoftext|>") + 1
    file["added_tokens"] += [added(after + n, " " * (4 - n), special=False) for n in range(3)]
    return save(folder, file)


def write_wordpiece_bytes(folder: Path) -> Path:
    """WordPiece over bytes, each both at the begin of a word and inside one, so that nothing is unknown."""
    inside = "\u2582"
    engine = Tokenizer(
        models.WordPiece(unk_token="[UNK]", continuing_subword_prefix=inside, max_input_chars_per_word=64)
    )
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.pre_tokenizer = pre_tokenizers.Sequence([bytes_, pre_tokenizers.FixedLength(64)])
    pieces = [*byte_alphabet(), *(inside + char for char in byte_alphabet())]
    trainer = trainers.WordPieceTrainer(
        vocab_size=600, special_tokens=pieces, continuing_subword_prefix=inside, show_progress=False
    )
    file = train(engine, trainer)
    return save(folder, file | {"added_tokens": []})


def write_unigram_bytes(folder: Path) -> Path:
    """Unigram over bytes, which knows every byte and has no token for what is unknown."""
    engine = Tokenizer(models.Unigram())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.UnigramTrainer(vocab_size=400, initial_alphabet=byte_alphabet(), show_progress=False)
    return save(folder, train(engine, trainer))


def write_unigram_fallback(folder: Path) -> Path:
    """Unigram over characters, which spells unknown ones in bytes; special tokens and names of bytes are pieces like others."""
    engine = Tokenizer(models.Unigram())
    engine.pre_tokenizer = pre_tokenizers.Metaspace(MARK, prepend_scheme="always")
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=340, special_tokens=[*special, *BYTE_NAMES], unk_token="<unk>", show_progress=False
    )
    file = train(engine, trainer)
    file["model"]["byte_fallback"] = True
    file["added_tokens"] = file["added_tokens"][: len(special)]
    return save(folder, file)


def write_bert(folder: Path) -> Path:
    """WordPiece as it was published: lower case, no accents, no white space."""
    engine = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer()
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=100, special_tokens=["[PAD]", "[UNK]", "[CLS]"], show_progress=False)
    return save(folder, train(engine, trainer))


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "gpt2": write_gpt2,
    "llama2": write_llama2,
    "llama2_metaspace": write_llama2_metaspace,
    "llama3": write_llama3,
}
OTHERS: dict[str, Callable[[Path], Path]] = {
    "neox": write_neox,
    "wordpiece_bytes": write_wordpiece_bytes,
    "unigram_bytes": write_unigram_bytes,
    "unigram_fallback": write_unigram_fallback,
}
