"""hub_rows: the rows of a data set of the hub, from a split that is opened to texts and to articles of several rows."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Union

from wordorder.errors import InputError
from wordorder.source.base import Split
from wordorder.source.hub import tell
from wordorder.source.hub_folder import refuse_pointers

if TYPE_CHECKING:  # imported where it is used, since it takes seconds
    from datasets import Dataset, DatasetBuilder, IterableDataset

ROWS_A_CALL = 1000
TITLE = re.compile(r" = (?!= ).* = \n?")  # a section has more signs: " = = History = = "
Rows = Union["Dataset", "IterableDataset"]


def open_split(builder: "DatasetBuilder", name: str, split: Split, words: str, streaming: bool) -> Rows:
    """Open what `words` say of a set, as in train[:98%]. Raises InputError, of source.<split>, for splits that it lacks."""
    try:
        if streaming:
            return builder.as_streaming_dataset(split=words)
        builder.download_and_prepare()
        return builder.as_dataset(split=words)
    except Exception as error:  # the library's own, its parsers' and the network's
        if not isinstance(error, ValueError):  # which it is where the words are to blame
            refuse_pointers(name)
        raise InputError(f"source.{split}={words} of {name}: {tell(error.__cause__ or error)}") from error


def check_column(rows: Rows, name: str, column: str) -> None:
    """Look at the first row. Raises InputError where it lacks the column."""
    for columns in islice(read_batches(rows, name, 1), 1):
        if column not in columns:
            raise InputError(f"source.column={column} is not in {name}, which has {', '.join(columns)}")


def read_texts(rows: Rows, name: str, column: str) -> Iterator[str]:
    """Yield the texts of a column, "" for a row without."""
    for batch in read_batches(rows, name, ROWS_A_CALL):
        for text in batch[column]:
            if not isinstance(text or "", str):
                raise InputError(f"source.column={column} of {name} holds {type(text).__name__}, not text")
            yield text or ""


def read_batches(rows: Rows, name: str, size: int) -> Iterator[dict[str, list]]:
    """Yield rows, `size` at a time, as lists by column."""
    try:
        yield from rows.iter(batch_size=size)
    except Exception as error:  # the library's own, its parsers' and the network's
        refuse_pointers(name)
        raise InputError(f"source.name={name} cannot be read: {tell(error)}") from error


def join_articles(rows: Iterable[str]) -> Iterator[str]:
    """Join rows from one of WikiText's titles, which follow an empty row, to the next."""
    article: list[str] = []
    before = ""
    for row in rows:
        if TITLE.fullmatch(row) and not before.strip():
            yield "".join(article)
            article = []
        article.append(row)
        before = row
    yield "".join(article)
