"""Small pretrained models in tests: a folder as transformers saves it, with a tokenizer, and what its own logits give."""

import json
from math import log
from pathlib import Path
from typing import Any

import families
import layouts
import pytest
import torch
import torch.nn.functional as F

WRITE = layouts.LAYOUTS | {"bert": layouts.write_bert}
ENDS = {  # layout -> bos, eos
    "gpt2": ("<|endoftext|>", "<|endoftext|>"),
    "llama2": ("<s>", "</s>"),
    "llama3": ("<|begin_of_text|>", "<|end_of_text|>"),
    "bert": ("[CLS]", "[CLS]"),
}
ROWS = 400  # more than any tokenizer here has ids


def write_checkpoint(folder: Path, family: str, layout: str, **changed: Any) -> Path:
    """A model of this family whose attention is far from uniform, beside a tokenizer of this layout."""
    ids = {token["content"]: token["id"] for token in json.loads(WRITE[layout](folder).read_text())["added_tokens"]}
    bos, eos = (ids[name] for name in ENDS[layout])
    config_class, model_class, arguments = families.FAMILIES[family]
    own = arguments | {"vocab_size": ROWS, "bos_token_id": bos, "eos_token_id": eos} | changed
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(families.FAMILIES, family, (config_class, model_class, own))
        model = families.build(family)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight *= 4 if any(part in name for part in ("q_proj", "k_proj", "c_attn")) else 2
    model.save_pretrained(folder)
    return folder


def write_texts(folder: Path) -> list[str]:
    """train.jsonl, val.jsonl and test.jsonl; returns the documents of the last."""
    texts = layouts.texts()
    parts = {"train": texts[:10], "val": texts[10:12], "test": texts[12:15]}
    for split, documents in parts.items():
        rows = "".join(json.dumps({"text": text}) + "\n" for text in documents)
        (folder / f"{split}.jsonl").write_text(rows, encoding="utf-8")
    return parts["test"]


SOURCE = ["source=text_file", *(f"source.{split}={split}.jsonl" for split in ("train", "val", "test"))]


def bits_by_transformers(
    folder: Path, texts: list[str], *, length: int, rope: dict[str, Any] | None = None
) -> tuple[float, float]:
    """Bits per byte without and with the ends of documents, in windows of `length` tokens, the last of which reaches back."""
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    config = AutoConfig.from_pretrained(folder)
    config.rope_parameters = rope or getattr(config, "rope_parameters", None)
    model = AutoModelForCausalLM.from_pretrained(folder, config=config).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    bos, ids = config.bos_token_id, [config.bos_token_id]
    for text in texts:
        ids += [*tokenizer(text, add_special_tokens=False)["input_ids"], bos]
    nats, first = [], 0
    while first < len(ids) - 1:
        past = min(first + length, len(ids) - 1)
        window = torch.tensor([ids[past - length : past]])
        with torch.no_grad():
            told = F.cross_entropy(
                model(window).logits[0].double(), torch.tensor(ids[past - length + 1 : past + 1]), reduction="none"
            )
        nats += told[first - past :].tolist()
        first = past
    n_bytes = sum(len(text.encode()) for text in texts)
    of_text = sum(one for one, token in zip(nats, ids[1:], strict=True) if token != bos)
    return of_text / (log(2) * n_bytes), sum(nats) / (log(2) * n_bytes)
