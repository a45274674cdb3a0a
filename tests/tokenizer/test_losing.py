"""A file that loses text is found out."""

import layouts
import pytest
import tokenizers
from tokenizer_files import changed, each_layout, read

from wordorder.errors import InputError


def compose(file):
    file["normalizer"] = {"type": "NFC"}


def forget_a_byte(file):
    del file["model"]["vocab"]["<0xDE>"]  # the first byte of some letters of N'Ko alone


def forget_a_character_for_a_byte(file):
    del file["model"]["vocab"]["Þ"]  # which GPT-2 writes for 0xDE


LOSSY = {
    "words alone": (layouts.write_bert, lambda file: None),
    "composed characters": (layouts.write_gpt2, compose),
    "unknown characters": (layouts.write_llama2, lambda file: file["model"].update(byte_fallback=False)),
    "a byte without a name": (layouts.write_llama2, forget_a_byte),
    "a byte without a character": (layouts.write_gpt2, forget_a_character_for_a_byte),
}


@pytest.mark.parametrize(("write", "change"), LOSSY.values(), ids=LOSSY)
def test_a_file_that_loses_text_is_taken_knowingly_or_not_at_all(write, change, tmp_path):
    path = layouts.save(tmp_path, changed(write(tmp_path), change))
    with pytest.raises(InputError, match=r"does not give back every text, such as '.+'.*tokenizer\.allow_lossy=true"):
        read(path)
    tokenizer, text = read(path, allow_lossy=True), layouts.texts()[0]
    assert not tokenizer.lossless
    library = tokenizers.Tokenizer.from_file(str(path))
    assert tokenizer.encode(text).tolist() == library.encode(text, add_special_tokens=False).ids


@each_layout
def test_a_file_that_loses_nothing_is_no_lossy_one_even_where_that_is_allowed(name, paths):
    assert read(paths[name]).lossless and read(paths[name], allow_lossy=True).lossless
