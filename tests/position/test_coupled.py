"""Coupled ids against those of the authors' code for padded sums, and against a parser of the whole text."""

import re
from dataclasses import replace

import pytest
import torch
from hooks import bias, context_of

from wordorder.model.transformer import make_context
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme
from wordorder.position.context import Context
from wordorder.position.coupled import Coupled
from wordorder.position.learned import Learned
from wordorder.position.none import NoPE

BYTES = [bytes([n]) for n in range(256)]
END = 256  # beyond the vocabulary, as the id before every document


def coupled(scheme: PositionScheme | None = None, **changed) -> Coupled:
    options = dict(operands="msd_first", symbols="+*= ", max_start=100, seed=0)
    made = Coupled(scheme=scheme or NoPE(), **{**options, **changed})
    made.bind(BYTES)
    return made


def tokens(*texts: str) -> torch.Tensor:
    """Texts of one length as bytes; `$` is the end token."""
    return torch.tensor([[END if letter == "$" else ord(letter) for letter in text] for text in texts])


def ids(scheme: Coupled, context: Context) -> list[list[int]]:
    """The ids that the scheme inside is asked with."""
    return scheme.prepare(context).of[0].k_BS.tolist()


def ids_of(text: str, **changed) -> list[int]:
    """At evaluation, of one text."""
    return ids(coupled(**changed).eval(), make_context(tokens(text)))[0]


def published(a: str, b: str, answer: str, *, start: int) -> list[int]:
    """Of `a+b=` and the answer, least significant digit first: HanseulJo/position-coupling, AdditionDatasetWithCoupledPositions."""
    end = start + max(len(a), len(b)) + 1
    operands = [*range(end - len(a), end + 1), *range(end - len(b), end + 1)]
    return operands + list(range(end - len(answer), end))[::-1]


def parsed(text: str, *, operands: str, start: int = 1) -> list[int]:
    """Ids of a whole text, `$` between its documents, found by regular expressions."""
    out, base = [], 0
    for document in re.findall(r"\$?[^$]*", text):
        own = [base + t for t in range(len(document))]
        for found in re.finditer(r"\d[\d+*= ]*", document):
            p, width, equals = base + found.start(), 0, None
            for piece in re.finditer(r"\d+|\D+", found[0]):
                at = found.start() + piece.start()
                if piece[0].isdigit():
                    width = len(piece[0])
                    for m in range(width):
                        down = operands == "msd_first" and equals is not None
                        own[at + m] = max(p + equals - 1 - m, p - 1) if down else p + m
                else:
                    for m, symbol in enumerate(piece[0]):
                        own[at + m] = p + width if operands == "msd_first" else p - 1
                        equals = width if symbol == "=" else equals
        out += own
        base += len(document)
    return [one + start for one in out]


def test_a_padded_sum_has_the_ids_of_the_authors_code():
    for a, b, answer in [("7", "5", "21"), ("653", "049", "2070"), ("99", "99", "891"), ("12345", "00678", "320310")]:
        assert ids_of(f"${a}+{b}={answer}") == [1, *published(a, b, answer, start=1)]
        assert ids_of(f"as {a}+{b}={answer}") == [1, 2, 3, *published(a, b, answer, start=3)]


def test_digits_of_equal_significance_share_an_id():
    text = "653+049=2070"
    for significance, places in enumerate([(2, 6, 8), (1, 5, 9), (0, 4, 10)]):
        assert len({ids_of(text)[place] for place in places}) == 1, significance
    backwards = "356+94=2070"  # both operands least significant digit first, none padded
    for places in [(0, 4, 7), (1, 5, 8), (2, 9)]:
        assert len({ids_of(backwards, operands="lsd_first")[place] for place in places}) == 1


TEXTS = [
    "plain words have their places",
    "one number 1914, no sum",
    "12+34=64 and 5+6=11 in one text",
    "$12+34=64$5+6=11$",
    "1+2+3=6",
    " = 12",
    "12 + 34 = 64 7=7 ab1=2",
    "2*3=6",
    "1+1=23456",
    "9",
    "99==1+1=2",
]


@pytest.mark.parametrize("operands", ["msd_first", "lsd_first"])
@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_a_parser_of_the_whole_text(text, operands):
    assert ids_of(text, operands=operands) == parsed(text, operands=operands)


@pytest.mark.parametrize("operands", ["msd_first", "lsd_first"])
def test_ids_of_random_texts_are_those_of_the_parser_and_none_is_negative(operands):
    draw = torch.Generator().manual_seed(0)
    picks = torch.randint(14, (300, 24), generator=draw).tolist()
    texts = ["".join("12345678+*= a$"[pick] for pick in row) for row in picks]
    got = ids(coupled(operands=operands).eval(), make_context(tokens(*texts)))
    for text, row in zip(texts, got, strict=True):
        assert row == parsed(text, operands=operands), text
        assert min(row) >= 0


def test_a_word_without_sums_is_where_it_would_be_anyway():
    assert ids_of("no sums, 1 number") == list(range(1, 18))


def test_no_id_depends_on_a_later_token():
    text = "a 12+34=64 b 5+6=11"
    whole = ids_of(text)
    assert all(ids_of(text[:t]) == whole[:t] for t in range(1, len(text)))


def test_packed_documents_have_the_ids_that_they_have_apart():
    texts = ["12+34=64", "5+6=11", "77"]
    packed, lengths = tokens("".join(texts)), torch.tensor([len(text) for text in texts])
    document = torch.arange(3).repeat_interleave(lengths)[None]
    got = ids(coupled().eval(), make_context(packed, document_BS=document))[0]
    assert got == [one for text in texts for one in ids_of(text)]


def test_in_training_a_row_starts_anywhere_from_1_to_max_start():
    n_rows, scheme = 6000, coupled(max_start=4)
    drawn = torch.tensor(ids(scheme, make_context(tokens("7+5=21").expand(n_rows, -1))))
    start = drawn - torch.tensor(ids_of("7+5=21")) + 1
    assert (start == start[:, :1]).all() and start.unique().tolist() == [1, 2, 3, 4]
    for value in range(1, 5):  # the standard deviation of a count is at most its root
        assert abs(int((start[:, 0] == value).sum()) - n_rows / 4) < 5 * (n_rows / 4) ** 0.5


def test_a_start_is_a_function_of_seed_step_and_row():
    text = tokens("7+5=21").expand(8, -1)
    first = ids(coupled(), make_context(text, step=2))
    assert first == ids(coupled(), make_context(text, step=2, row_B=torch.arange(8).flip(0)))[::-1]
    assert len({row[0] for row in first}) > 4  # of 100
    for other in (ids(coupled(), make_context(text, step=3)), ids(coupled(seed=1), make_context(text, step=2))):
        assert sum(a != b for a, b in zip(first, other, strict=True)) > 4


def test_a_table_inside_is_read_at_the_ids_up_to_its_last():
    table = Learned(d_model=6, n_positions=24, offset=0, init_std=1.0)
    table.initialise(lambda name: torch.Generator().manual_seed(0))
    scheme, context = coupled(table, max_start=4), make_context(tokens("ab 7+5=21 ends here!").expand(200, -1))
    assert scheme.max_position == 20 == context.tokens_BS.shape[1]
    assert scheme.eval().max_position == 23  # at evaluation the start is 1, and longer texts find trained rows
    rows = torch.tensor(ids(coupled(max_start=4), context))
    assert rows.max() == 23
    got = scheme.train().embed(torch.zeros(200, 20, 6), scheme.prepare(context))
    torch.testing.assert_close(got, table.table[rows], rtol=0, atol=0)


def test_alibi_inside_lowers_by_the_distance_of_ids():
    scheme, text = coupled(ALiBi(n_heads=2, learned=False)).eval(), "653+049=2070"
    context = make_context(tokens(text))
    got = bias(scheme, replace(context, place_BS=context.place_BS), n_heads=2)
    row = published("653", "049", "2070", start=0)
    for h, slope in enumerate((1 / 16, 1 / 256)):
        for i in range(12):
            for j in range(12):
                assert got[0, h, i, j].item() == pytest.approx(-slope * (row[i] - row[j]), abs=1e-6)


def test_before_it_knows_the_vocabulary_ids_are_places():
    scheme = Coupled(scheme=NoPE(), operands="msd_first", symbols="+=", max_start=1, seed=0).eval()
    assert ids(scheme, context_of(1, 4)) == [[1, 2, 3, 4]]


@pytest.mark.parametrize("token", [b"10", b" 1", b"a1"])
def test_a_vocabulary_with_a_digit_beside_others_is_refused(token):
    with pytest.raises(
        ValueError, match=rf"each digit to be a token, and 1 of this .* {re.escape(repr(token))}: use tok"
    ):
        coupled().bind([*BYTES, b"word", token])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (dict(symbols="+-"), "symbols='\\+-' must hold '='"),
        (dict(max_start=0), "max_start=0 must be at least 1"),
        (
            dict(scheme=Learned(d_model=6, n_positions=100, offset=0, init_std=1.0)),
            "max_start=100 leaves no position of the 100",
        ),
    ],
)
def test_bad_arguments_are_refused(bad, said):
    with pytest.raises(ValueError, match=said):
        coupled(**bad)
