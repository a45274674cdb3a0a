"""Borders against a search byte by byte, and documents that joined are the stretch."""

import random

import pytest

from wordorder.source.stretches import Part, find_border, read_text

PIECES = ["a", "é", "🙂", " ", "\n", "\r", "\r\n", "\n\n", "\r\n \t\r\n", "word"]


def line_ends(block: bytes) -> list[tuple[int, int]]:
    """Where each line end begins and stops; CR LF is one."""
    found, at = [], 0
    while at < len(block):
        size = 2 if block[at : at + 2] == b"\r\n" else 1 if block[at] in b"\r\n" else 0
        if size:
            found.append((at, at + size))
        at += size or 1
    return found


def paragraph_ends(block: bytes) -> list[int]:
    """The end of each run of two or more line ends with only blanks between."""
    ends, lines = [], line_ends(block)
    for (_, stop), (start, last) in zip(lines, lines[1:], strict=False):
        if not block[stop:start].strip(b" \t"):
            if ends and ends[-1] == stop:
                ends[-1] = last
            else:
                ends.append(last)
    return ends


@pytest.mark.parametrize("seed", range(200))
def test_a_border_is_the_nearest_end_of_a_paragraph_else_of_a_line_else_of_a_character(seed):
    draw = random.Random(seed)
    pieces = PIECES if seed % 3 else PIECES[:4] if seed % 2 else [piece for piece in PIECES if "\n" not in piece[1:]]
    block = "".join(draw.choices(pieces, k=40)).encode() + b"xx"
    last = draw.randint(8, len(block) - 2)
    want = draw.randint(4, last)
    got = find_border(block, want, last)
    for ends in (paragraph_ends(block), [stop for _, stop in line_ends(block)]):
        if within := [end for end in ends if 1 <= end <= last]:
            assert got in within and abs(got - want) == min(abs(end - want) for end in within)
            return
    starts = {0}
    for character in block.decode():
        starts.add(max(starts) + len(character.encode()))
    assert got == max(start for start in starts if start <= want)


@pytest.mark.parametrize("document_bytes", [4, 7, 64])
def test_documents_joined_are_the_stretch_and_none_is_longer(document_bytes, tmp_path):
    text = "".join(random.Random(0).choices(PIECES, k=500))
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    start, stop = len(text[:50].encode()), len(text[:400].encode())
    documents = list(read_text(Part(path, start, stop), document_bytes))
    assert "".join(documents) == text[50:400]
    assert all(len(document.encode()) <= document_bytes for document in documents)
