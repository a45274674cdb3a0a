"""The places of digits against regular expressions, and their vectors against rows of the table."""

import re

import pytest
import torch
from hooks import random_parameters

from wordorder.model.transformer import make_context
from wordorder.position.digit_index import Abacus

BYTES = [bytes([n]) for n in range(256)]
END, D = 256, 6  # the end token is beyond the vocabulary


def abacus(**changed) -> Abacus:
    made = Abacus(**{**dict(d_model=D, n_positions=40, max_offset=9, init_std=0.02, seed=0), **changed})
    made.bind(BYTES)
    return made


def tokens(*texts: str) -> torch.Tensor:
    """Texts of one length as bytes; `$` is the end token."""
    return torch.tensor([[END if letter == "$" else ord(letter) for letter in text] for text in texts])


def rows(scheme: Abacus, *texts: str, **given) -> list[list[int]]:
    ids = tokens(*texts)
    return scheme.prepare(make_context(ids, **given)).expand_as(ids).tolist()


def parsed(text: str) -> list[int]:
    """1, 2, ... for the digits of every number that a regular expression finds."""
    out = [0] * len(text)
    for number in re.finditer("[0-9]+", text):
        for m in range(len(number[0])):
            out[number.start() + m] = m + 1
    return out


def test_places_are_those_of_the_authors_code():
    assert rows(abacus().eval(), "98282+3859172=2787472") == [
        [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]
    ]


@pytest.mark.parametrize(
    "text", ["no number", "7", "12 words, 345 digits", "$12$3$$45", "1a22b333c", "2024-05-17", "0"]
)
def test_places_are_those_that_a_regular_expression_finds(text):
    assert rows(abacus().eval(), text) == [parsed(text)]


def test_places_of_random_texts_are_those_that_a_regular_expression_finds():
    picks = torch.randint(14, (200, 24), generator=torch.Generator().manual_seed(0)).tolist()
    texts = ["".join("0123456789+= $"[pick] for pick in row) for row in picks]
    got = rows(abacus().eval(), *texts)
    assert got == [parsed(text) for text in texts]
    assert max(map(max, got)) > 9


def test_the_same_power_of_ten_has_the_same_row_in_numbers_written_backwards():
    text = "321+54=573"  # 123 + 45 = 168 would be 123+45=168
    got = rows(abacus().eval(), text)[0]
    assert got[0] == got[4] == got[7] and got[1] == got[5] == got[8] and got[2] == got[9]


def test_no_place_depends_on_a_later_token():
    text = "a 12+34=64 b 567"
    whole = rows(abacus().eval(), text)[0]
    assert all(rows(abacus().eval(), text[:t])[0] == whole[:t] for t in range(1, len(text)))


def test_a_number_ends_with_its_document():
    document = torch.tensor([[0, 0, 0, 1, 1, 2, 2, 2]])
    assert rows(abacus().eval(), "a1234567", document_BS=document) == [[0, 1, 2, 1, 2, 1, 2, 3]]


def test_new_tokens_go_on_with_the_number_that_is_cached():
    context = make_context(tokens("x=12345"), n_new=3)
    assert abacus().eval().prepare(context).tolist() == [[3, 4, 5]]


def test_each_token_gets_its_row_of_the_table():
    scheme, text = random_parameters(abacus()).eval(), "12+345=7"
    x = torch.randn(1, len(text), D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    got = scheme.embed(x, scheme.prepare(make_context(tokens(text))))
    for t, n in enumerate(parsed(text)):
        torch.testing.assert_close(got[0, t], x[0, t] + scheme.table[n], rtol=0, atol=0)


def test_digits_beyond_the_table_share_its_last_row():
    scheme = abacus(n_positions=4, max_offset=1)
    assert rows(scheme.eval(), "123456") == [[1, 2, 3, 3, 3, 3]]
    drawn = {tuple(rows(scheme.train(), "123456", step=step)[0]) for step in range(20)}
    assert drawn == {(1, 2, 3, 3, 3, 3), (2, 3, 3, 3, 3, 3)}


def test_training_shifts_all_digits_of_a_step_by_one_amount_from_0_to_max_offset():
    n_steps, scheme, texts = 800, abacus(max_offset=3), ("12+345", "a1b123")
    counts = [0] * 4
    for step in range(n_steps):
        got = rows(scheme, *texts, step=step)
        offset = got[0][0] - 1
        assert got == [[n and n + offset for n in parsed(text)] for text in texts]
        counts[offset] += 1
    for count in counts:  # a count's standard deviation is at most its root
        assert abs(count - n_steps / 4) < 5 * (n_steps / 4) ** 0.5


def test_an_offset_is_a_function_of_seed_and_step():
    drawn = [[rows(abacus(seed=seed), "7", step=step)[0][0] for step in range(40)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_before_it_knows_the_vocabulary_no_token_is_a_digit():
    scheme = Abacus(d_model=D, n_positions=40, max_offset=9, init_std=0.02, seed=0)
    assert rows(scheme, "12+3") == [[0, 0, 0, 0]]


def test_the_table_is_drawn_as_wide_as_asked():
    scheme = abacus(d_model=50, n_positions=400, init_std=0.3)
    scheme.initialise(lambda name: torch.Generator().manual_seed(0))
    assert scheme.table.std().item() == pytest.approx(0.3, rel=0.02)  # of 20,000 draws: 4 deviations


@pytest.mark.parametrize("token", [b"10", b" 1", b"a1"])
def test_a_vocabulary_with_a_digit_beside_others_is_refused(token):
    said = rf"each digit to be a token, and 1 of this .* {re.escape(repr(token))}: use tokenizer=byte or tokenizer=char"
    with pytest.raises(ValueError, match=said):
        abacus().bind([*BYTES, b"word", token])


@pytest.mark.parametrize(
    "bad", [{"max_offset": -1}, {"n_positions": 10}, {"n_positions": 0, "max_offset": 0}, {"init_std": -0.1}]
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        abacus(**bad)
