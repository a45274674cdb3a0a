"""Whether a text is long enough for a window, and each document short enough for a row, found out before anything is written."""

from wordorder.check import Config, make
from wordorder.data.encoding import encode
from wordorder.data.rows import refuse_long
from wordorder.data.window import Windows
from wordorder.source.base import Source
from wordorder.tokenizer.base import Tokenizer

BYTES_A_TOKEN = 32  # of a text that is long enough whatever the tokenizer


def refuse_short_text(source: Source, tokenizer_node: Config, length: int) -> None:
    """A text so short that it may not fill one window of `length` tokens is encoded. Raises InputError."""
    texts, size = [], 0
    for document in source.documents("train"):
        texts.append(document.text)
        size += len(document.text)
        if size > BYTES_A_TOKEN * (2 * length + 1):
            return
    tokenizer: Tokenizer = make(tokenizer_node, "tokenizer")
    tokenizer.train(iter(texts))
    n_tokens = 1 + sum(len(tokenizer.encode(text)) + 1 for text in texts)
    Windows(n_tokens, length=length, data_seed=0)


def refuse_long_documents(source: Source, tokenizer_node: Config, length: int) -> None:
    """Documents that may not fit into a row of `length` tokens, having as many bytes, are encoded. Raises InputError."""
    long = [document for document in source.documents("train") if len(document.text.encode()) >= length]
    if long:
        tokenizer: Tokenizer = make(tokenizer_node, "tokenizer")
        tokenizer.train(document.text for document in source.documents("train"))
        refuse_long(max(1 + sum(map(len, parts)) for parts in encode(tokenizer, long)), length)
