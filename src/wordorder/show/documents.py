"""documents: a document, or a row of a batch, as a person reads it. All of it is read from the store, nothing is encoded anew."""

import textwrap

import numpy as np
from rich.text import Text

from wordorder.data.batch import UNSCORED, Batch
from wordorder.data.token_store import Stream
from wordorder.model.transformer import make_context
from wordorder.show.cells import APART, BORDER, DIM, END, MARGIN, SCORED, Cell, draw, fold, spell, write
from wordorder.source.base import Facts
from wordorder.tokenizer.base import Tokenizer

TOKENS = {"tokens": "", "ids": DIM}
MARKED = TOKENS | {"scored": SCORED}
ROW = {"given": "", "asked": SCORED}
PACKED = ROW | {"position": DIM}


def raw(tokenizer: Tokenizer, token: int) -> bytes:
    """What an id stands for: nothing, for a special one."""
    return tokenizer.vocab[token] if token < len(tokenizer.vocab) else b""


def seen(tokenizer: Tokenizer, token: int) -> str:
    return END if token == tokenizer.end_id else "".join(spell(raw(tokenizer, token)))


def picture_document(stream: Stream, number: int, facts: Facts, tokenizer: Tokenizer, width: int) -> Text:
    """Sizes and facts, the text, and its tokens from the end token before it to the one after it."""
    first, past = (int(bound[number]) for bound in stream.document_bounds())
    ids, n_bytes = stream.ids[first : past + 1], int(np.diff(stream.ends[:, 1], prepend=0)[number])
    scored = np.ones(len(ids), dtype=bool) if stream.scored is None else stream.scored[first : past + 1] > 0
    scored[0] = False  # it is a target of the document before
    n_scored, n_tokens = int(scored.sum()), past - first
    marked = n_scored < n_tokens

    def cell(n: int) -> Cell:
        return Cell((seen(tokenizer, ids[n]), str(ids[n])), bool(marked and scored[n]))

    def read(start: int, stop: int) -> Text:
        pieces = [(raw(tokenizer, ids[n]), bool(marked and scored[n])) for n in range(start, stop)]
        return write(pieces, width - MARGIN, without=tokenizer.prefix if start == 0 else b"")

    head, hidden, tail = fold(cell, len(ids), width - MARGIN)
    n_head = sum(map(len, head))
    counted = f"{n_scored:,} of them scored" if marked else "all of them scored"
    said = [f"{n_bytes:,} bytes", f"{n_tokens:,} tokens with the end, {counted}", *map(say_fact, facts.items())]
    picture = Text().append(f"{indent('facts', '; '.join(said), width)}\n", DIM).append(read(0, n_head))
    if hidden:
        picture.append(say_hidden(hidden)).append(read(n_head + hidden, len(ids)))
    return picture.append("\n").append(draw_all(head, hidden, tail, MARKED if marked else TOKENS))


def picture_row(batch: Batch, n: int, tokenizer: Tokenizer, width: int) -> Text:
    """What goes in, what is asked after each of it, and, where documents are kept apart, the position in its document."""
    ids, target = batch.ids_BT[n].tolist(), batch.target_BT[n].tolist()
    packed = batch.document_BT is not None
    document = batch.document_BT[n].tolist() if packed else [0] * len(ids)
    place = make_context(batch.ids_BT, document_BS=batch.document_BT).place_BS[n if packed else 0].tolist()
    n_tokens = int(batch.tokens_B[n])
    n_padding, n_asked = len(ids) - n_tokens, sum(one != UNSCORED for one in target)

    def cell(i: int) -> Cell:
        if i == n_tokens:
            return Cell((f"{n_padding} x padding", *[""] * (1 + packed)))
        asked = "" if target[i] == UNSCORED else seen(tokenizer, target[i])
        border = APART if i and document[i] != document[i - 1] else BORDER
        return Cell((seen(tokenizer, ids[i]), asked, *[str(place[i])] * packed), border=border)

    said = f"row {int(batch.row_B[n])}: {n_tokens:,} tokens given, {n_asked:,} asked, {n_padding:,} of padding\n"
    head, hidden, tail = fold(cell, n_tokens + (n_padding > 0), width - MARGIN)
    return Text().append(f"{'':<{MARGIN}}{said}", DIM).append(draw_all(head, hidden, tail, PACKED if packed else ROW))


def draw_all(head: list[list[Cell]], hidden: int, tail: list[list[Cell]], lines: dict[str, str]) -> Text:
    """Rows of cells with a blank line after each, and how many are left out."""
    drawn = Text()
    for row in head:
        drawn.append(draw(row, lines)).append("\n")
    if hidden:
        drawn.append(say_hidden(hidden)).append("\n")
    for row in tail:
        drawn.append(draw(row, lines)).append("\n")
    return drawn


def indent(name: str, said: str, width: int) -> str:
    return textwrap.fill(said, width, initial_indent=f"{name:<{MARGIN}}", subsequent_indent=" " * MARGIN)


def say_hidden(n_tokens: int) -> Text:
    return Text(f"{'':<{MARGIN}}… {n_tokens:,} more tokens\n", DIM)


def say_fact(fact: tuple[str, int | float | str | list[int]]) -> str:
    name, value = fact
    return f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
