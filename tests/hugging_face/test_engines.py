"""An engine of the library cuts as the tokenizer of the shelf does."""

import pytest

from wordorder.hugging_face.engines import at_spaces, of_characters
from wordorder.tokenizer.char import Char


def test_characters_are_words_and_unknown_ones_are_spelt_in_bytes():
    char = Char(min_count=1)
    char.train(["abé"])
    engine = of_characters(char.vocab)
    for text in ("", "ab", "éa b", "日", "a\n🙂é"):
        assert engine.encode(text).ids == char.encode(text).tolist()


@pytest.mark.parametrize(
    ("step", "already", "left"),
    [
        ({"type": "Metaspace", "split": False}, False, []),
        ({"type": "Metaspace", "split": True}, False, ["Split"]),
        ({"type": "Split", "pattern": {"String": " "}}, True, []),
        ({"type": "Split", "pattern": {"String": " "}}, False, ["Split"]),
        ({"type": "Digits"}, True, ["Digits"]),
    ],
)
def test_a_step_that_made_marks_of_spaces_cuts_at_spaces_or_is_gone(step, already, left):
    assert [one["type"] for one in at_spaces(step, already)] == left
