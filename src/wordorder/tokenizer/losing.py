"""losing: texts that some tokenizer does not give back, and the first of them that this one does not."""

from wordorder.tokenizer.vocabulary import Vocabulary

HARD = (  # each is lost by some tokenizer
    "   three before",
    "one\r\ntwo\rthree\n\nfour\r\n\r\n",
    "     ",
    "\ta\t\tb \t c\t",
    "a\x00b\x01\x07\x1b[0m\x7f",
    "\x80\x85\x9f next",
    "中文字符，日本語のテキスト。한국어 텍스트",
    "a\u200bb\u200cc\u200dd\u2060e",
    "\ufeffbegins, and \ufeff inside",
    "e\u0301 \u00e9 \ufb01 \u212b \u00c5 \u2460 \uff46\uff55\uff4c\uff4c \u00bd",
    "no\u00a0break\u2028line\u2029paragraph\u3000wide",
    "\u2581a \u2581\u2581b a\u2581",
    "##ing # ## ###",
    'well , yes . " no " ( it \'s ) ! ?',
    "<|endoftext|><s></s>[UNK][CLS]<unk><pad><|endoftext|>",
    "abcdefghij" * 500,
    "İstanbul ẞ ǅ Ωmega ÀÉÎÕÜ àéîõü",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭🇯🇵 👍🏽",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𠜎 \U0010ffff",
    "",
    "<0x41><0xFF> \\x41 &#65;",
)
# Characters that are spelt with every byte that UTF-8 has, in texts short enough to be shown.
CHARACTERS = "".join(map(chr, (*range(0x800), *range(0x800, 0xD800, 0x800), *range(0xE000, 0x110000, 0x1000))))
EVERY_BYTE = [CHARACTERS[n : n + 32] for n in range(0, len(CHARACTERS), 32)]


def first_lost(read: Vocabulary) -> str | None:
    """The first text of the fixed lists, or of those that tempt this file, whose bytes its ids do not stand for."""
    for text in (*HARD, *EVERY_BYTE, *read.tempting):
        for whole in {read.prefix + text, text}:
            if b"".join(read.tokens[i] for i in read.encode([whole])[0]) != whole.encode("utf-8"):
                return text
    return None
