"""What show_data prints is what the store holds and what training reads, with a mark under what is scored and nothing else."""

import io
import re
import sys

import numpy as np
import pytest
from rich.console import Console
from rich.style import Style

from wordorder import commands
from wordorder.check import make
from wordorder.data.batch import UNSCORED
from wordorder.data.building import open_store
from wordorder.data.rows import Packing
from wordorder.show.cells import SCORED
from wordorder.show.data import Shown, settings
from wordorder.show.documents import picture_document, picture_row
from wordorder.source.base import Document, Source
from wordorder.tokenizer.byte import Byte
from wordorder.tokenizer.char import Char

MARGIN = 10
HARD = "naïve\t[bold]中文[/bold] :smile:\r\n[red]"
HARD += "e\u0301 \u0301x\u200b\u00a0\x1b[31m👩\u200d👩 [/] \\[b] [link=a]b[/link]\n\n  two spaces"
PIECES = [
    [("all is given", False)],
    [("née ", False), (" çé 中", True), ("\n then", False), (" \u0301文", True)],
    [(" first", True), (" rest", False)],
    [("p" * 500 + "é" * 300, False), (" q", True)],
]


class Spans(Source):
    layout = "document"

    def documents(self, split):
        for n, pieces in enumerate(PIECES):
            yield Document.of(pieces, {"length": n, "chance": 1 / 3})


class Texts(Source):
    def documents(self, split):
        for text in (HARD, "", "one\n", HARD * 30, "last", "x" * 200):
            yield Document(text)


@pytest.fixture(params=["byte", "char"])
def tokenizer(request):
    made = Byte() if request.param == "byte" else Char(min_count=1)
    made.train(document.text for source in (Spans(), Texts()) for document in source.documents("train"))
    return made


def split_cells(picture: str, name: str) -> list[str]:
    """What stands in the cells of all lines of this name, without the spaces that fill them."""
    lines = [line for line in picture.splitlines() if re.match(rf"{name} +[│║]", line)]
    return [cell.rstrip() for line in lines for cell in re.split("[│║]", line[MARGIN:])[1:-1]]


def unspell(shown: str) -> bytes:
    """The bytes behind what is shown."""
    raw = b""
    for sign in re.findall("<U\\+[0-9A-F]{4,6}>|<[0-9A-F]{2}>|.", shown, re.DOTALL):
        if sign.startswith("<U+"):
            raw += chr(int(sign[3:-1], 16)).encode()
        elif len(sign) == 4:
            raw += bytes([int(sign[1:-1], 16)])
        else:
            raw += {"␣": b" ", "⏎": b"\n", "⇥": b"\t"}.get(sign, sign.encode())
    return raw


def pictures(source: Source, tokenizer, folder, *, width: int) -> list[str]:
    store = open_store(source, tokenizer, folder)
    facts, stream = store.facts("val"), store.stream("val")
    return [picture_document(stream, n, facts[n], tokenizer, width).plain for n in range(len(facts))]


def read_text(picture: str) -> bytes:
    """The bytes of the lines of text, up to the blank line after them."""
    lines = picture.split("\n\n")[0].splitlines()[1:]
    return unspell("".join(line[MARGIN:] for line in lines if line[:MARGIN].strip() in ("", "text")))


def how_many_left_out(picture: str) -> int:
    found = set(re.findall(r"^ +… ([\d,]+) more tokens$", picture, re.MULTILINE))
    assert len(found) <= 1  # text and tokens agree
    return int(found.pop().replace(",", "")) if found else 0


# Documents.


@pytest.mark.parametrize("width", [80, 140])
def test_the_bytes_of_all_tokens_shown_are_the_text_between_two_ends(tokenizer, width, tmp_path):
    shown = pictures(Texts(), tokenizer, tmp_path, width=width)
    for document, picture in zip(Texts().documents("val"), shown, strict=True):
        tokens, ids = split_cells(picture, "tokens"), split_cells(picture, "ids")
        assert tokens[0] == tokens[-1] == "∎" and int(ids[0]) == int(ids[-1]) == tokenizer.end_id
        assert [unspell(token) for token in tokens[1:-1]] == [tokenizer.vocab[int(i)] for i in ids[1:-1]]
        raw, encoded, hidden = document.text.encode(), tokenizer.encode(document.text), how_many_left_out(picture)
        assert len(ids) + hidden == len(encoded) + 2
        if not hidden:
            assert b"".join(map(unspell, tokens[1:-1])) == raw == read_text(picture)
            continue
        text, rest, last = picture.split(f"… {hidden:,} more tokens\n")
        head, tail = (b"".join(map(unspell, split_cells(part, "tokens"))) for part in (rest, last))
        n_head, n_tail = (len(split_cells(part, "ids")) - 1 for part in (rest, last))  # but for an end token each
        sizes = tokenizer.byte_lengths_V[encoded]
        assert head.removeprefix("∎".encode()) == raw[: sizes[:n_head].sum()] == read_text(text)
        assert tail.removesuffix("∎".encode()) == raw[sizes[: len(sizes) - n_tail].sum() :] == read_text(f"\n{rest}")
        assert n_head > n_tail > 0


def test_a_mark_is_under_each_scored_token_and_no_other(tokenizer, tmp_path):
    for pieces, picture in zip(PIECES, pictures(Spans(), tokenizer, tmp_path, width=140), strict=True):
        tokens, marks = split_cells(picture, "tokens"), split_cells(picture, "scored")
        assert len(tokens) == len(marks) and all(mark == "^" * len(mark) for mark in marks)
        runs = [(unspell("".join(group)), bool(mark)) for group, mark in grouped(tokens[1:-1], marks[1:-1])]
        if not how_many_left_out(picture):
            assert runs == [(text.encode(), scored) for text, scored in pieces]
        else:
            assert runs[-1] == (b" q", True) and len(runs) == 2
        assert not marks[0] and bool(marks[-1]) == pieces[-1][1]


def grouped(tokens: list[str], marks: list[str]) -> list[tuple[list[str], bool]]:
    runs: list[tuple[list[str], bool]] = []
    for token, mark in zip(tokens, marks, strict=True):
        if not runs or runs[-1][1] != bool(mark):
            runs.append(([], bool(mark)))
        runs[-1][0].append(token)
    return runs


def test_the_text_is_marked_where_it_is_scored(tokenizer, tmp_path):
    shown = pictures(Spans(), tokenizer, tmp_path, width=140)
    assert "scored    " not in shown[0].split("\ntokens")[0] and "0 of them scored" in shown[0]
    text, marks, rest = shown[1].splitlines()[1:4]
    assert text == "text      née  çé 中⏎" and rest == "           then <U+0301>文"
    assert marks == "scored        ^^^^^^"  # a character of two columns has two
    assert shown[1].splitlines()[4] == "scored         ^^^^^^^^^^^"
    assert shown[2].splitlines()[1:3] == ["text       first rest", "scored    ^^^^^^"]


def test_where_all_is_scored_nothing_is_marked(tokenizer, tmp_path):
    for picture in pictures(Texts(), tokenizer, tmp_path, width=100):
        assert "all of them scored" in picture and "^" not in picture and "\nscored" not in picture


def test_facts_and_sizes_are_told(tmp_path):
    first = pictures(Spans(), Byte(), tmp_path, width=140)[1].splitlines()[0]
    sizes = "26 bytes; 27 tokens with the end, 16 of them scored"  # 5 + 9 + 6 + 6, of them 9 and 6, and the end
    assert first == f"facts     {sizes}; length 1; chance 0.333"


def test_long_facts_are_folded_and_none_is_lost(tmp_path):
    store = open_store(Spans(), Byte(), tmp_path)
    facts = {f"name_{n}": "x" * (n + 1) for n in range(20)}
    picture = picture_document(store.stream("val"), 0, facts, Byte(), 80).plain
    told = picture.split("\ntext")[0]
    assert all(len(line) <= 80 for line in told.splitlines())
    assert "; ".join(f"{name} {value}" for name, value in facts.items()) in re.sub(r"\n +", " ", told)


def test_only_what_is_scored_is_coloured_and_text_is_not_dimmed(tmp_path):
    store, console = open_store(Spans(), Byte(), tmp_path), Console()
    picture = picture_document(store.stream("val"), 2, {}, Byte(), 100)
    plain = picture.plain
    text, tokens = plain.index("\ntext"), plain.index("\ntokens")
    scored = plain.index("first", text), plain.index("│f", tokens) + 1
    others = plain.index("rest", text), plain.rindex("│t", tokens) + 1  # the last letter of "rest"
    assert all(picture.get_style_at_offset(console, at) == Style.parse(SCORED) for at in scored)
    assert all(picture.get_style_at_offset(console, at) == Style() for at in others)


def test_a_constant_before_every_text_is_shown_in_tokens_and_not_as_text(tmp_path):
    class Prefixed(Byte):
        prefix = b"_"

        def encode(self, text):
            return super().encode(f"_{text}")

        def encode_inside(self, texts):
            return [Byte.encode(self, text) for text in texts]

    picture = pictures(Spans(), Prefixed(), tmp_path, width=100)[2]
    assert picture.splitlines()[1:3] == ["text       first rest", "scored    ^^^^^^"]
    assert split_cells(picture, "tokens")[:4] == ["∎", "_", "␣", "f"] and split_cells(picture, "scored")[1] == "^^"


# Rows.


@pytest.mark.parametrize("across", [True, False])
def test_windows_are_shown_as_the_batch_holds_them(tokenizer, across, tmp_path):
    store = open_store(Texts(), tokenizer, tmp_path)
    packing = Packing(layout="auto", attend_across=across, context_unit="tokens")
    batch = packing.rows(store.stream("train"), Texts(), length=64, data_seed=3).batch(np.arange(40))
    borders = 0
    for n in range(40):
        picture = picture_row(batch, n, tokenizer, 100).plain
        given, asked = split_cells(picture, "given"), split_cells(picture, "asked")
        for cells, ids in ((given, batch.ids_BT[n].tolist()), (asked, batch.target_BT[n].tolist())):
            assert [(cell == "∎", b"" if cell == "∎" else unspell(cell)) for cell in cells] == [
                (i == tokenizer.end_id, (*tokenizer.vocab, b"")[i]) for i in ids
            ]
        assert f"row {n}: 64 tokens given, 64 asked, 0 of padding" in picture
        lines = [line[MARGIN:-1] for line in picture.splitlines() if line.startswith("given")]
        marks = [mark for line in lines for mark in re.findall("[│║]", line)]
        if across:
            assert "║" not in picture and "position" not in picture
            continue
        ends = [i for i, cell in enumerate(given) if cell == "∎"]
        assert [i for i, mark in enumerate(marks) if mark == "║"] == [i for i in ends if i > 0]
        begins = [max([e for e in ends if e <= i], default=0) for i in range(64)]
        assert list(map(int, split_cells(picture, "position"))) == [i - begin for i, begin in enumerate(begins)]
        borders += marks.count("║")
    assert across or borders > 1


def test_a_document_a_row_shows_its_answer_asked_and_its_padding(tokenizer, tmp_path):
    class Short(Source):
        layout = "document"

        def documents(self, split):
            yield Document.of([("ab =", False), (" c", True)], {})
            yield Document.of([("abcde =", False), (" dé", True), (".", False)], {})

    store = open_store(Short(), tokenizer, tmp_path)
    packing = Packing(layout="auto", attend_across=True, context_unit="tokens")
    batch = packing.rows(store.stream("train"), Short(), length=20, data_seed=0).batch(np.arange(2))
    shown = {int(batch.tokens_B[n]): picture_row(batch, n, tokenizer, 100).plain for n in range(2)}
    longest = max(shown)
    assert split_cells(shown[7], "given") == [*"∎ab␣=␣c", f"{longest - 7} x padding"]
    assert split_cells(shown[7], "asked") == ["", "", "", "", "␣", "c", "∎", ""]
    assert f"7 tokens given, 3 asked, {longest - 7} of padding" in shown[7]
    assert "padding│" not in shown[longest] and "0 of padding" in shown[longest]
    asked = split_cells(shown[longest], "asked")
    assert unspell("".join(asked)) == " dé".encode() and asked[-1] == "" and asked[-2] == ""
    assert (batch.target_BT != UNSCORED).sum() == 3 + len(tokenizer.encode(" dé"))


# The whole page.


def page(config, *, width: int) -> str:
    file = io.StringIO()
    Shown(config, {"source": "text_file", "tokenizer": "t"}).print(Console(file=file, width=width))
    return file.getvalue()


@pytest.fixture
def words(tmp_path):
    for name in ("train", "val", "test"):
        (tmp_path / f"{name}.txt").write_text(f"{name} {HARD}\n\n" * 12, encoding="utf-8", newline="")
    return [
        "source=text_file",
        *(f"source.{n}={tmp_path}/{n}.txt" for n in ("train", "val", "test")),
        f"output_dir={tmp_path}/out",
    ]


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_the_terminal_and_markup_is_text(words, width, compose_config):
    from rich.cells import cell_len

    config = compose_config(
        *words, "tokenizer=bpe", "tokenizer.vocab_size=300", "model.context_length=32", config_name="show_data"
    )
    shown = page(config, width=width)
    assert all(cell_len(line) <= width for line in shown.splitlines())
    assert "[bold]中文[/bold] :smile:<U+000D>⏎" in shown and "[/] \\[b] [link=a]b[/link]⏎" in shown
    assert "\x1b" not in shown and "\r" not in shown
    assert "300 tokens of 300 asked for" in " ".join(shown.split())
    assert re.search(r"train +\d+ +[\d,]+ +[\d,]+ +[\d,]+ +1\.\d{3} +[\d,]+ tokens", shown)


def test_a_token_wider_than_the_terminal_is_shown_whole(words, tmp_path, compose_config):
    (tmp_path / "train.txt").write_text(f"{'y' * 128}\n\n" * 50, encoding="utf-8")
    more = ["tokenizer=bpe", "tokenizer.vocab_size=300", "model.context_length=8"]
    lines = page(compose_config(*words, *more, config_name="show_data"), width=80).splitlines()
    (n, *_) = (n for n, line in enumerate(lines) if line.startswith("tokens") and f"│{'y' * 128}│" in line)
    assert lines[n + 1].startswith("ids") and len(lines[n + 1]) == len(lines[n]) > 128


def test_training_finds_the_tokenizer_and_the_text_that_were_shown(words, compose_config, monkeypatch):
    from wordorder.job import Job
    from wordorder.run import prepare
    from wordorder.tokenizer.bpe import BPE

    more = [
        "tokenizer=bpe",
        "tokenizer.vocab_size=300",
        "model.context_length=8",
    ]  # for which Job need not encode the text
    shown = Shown(compose_config(*words, *more, config_name="show_data"), {"source": "s", "tokenizer": "t"})
    written = sorted((path, path.stat().st_mtime_ns) for path in (shown.store.folder.parents[1]).rglob("*"))
    monkeypatch.setattr(BPE, "train", lambda *_: pytest.fail("trained again"))
    job = Job(compose_config(*words, *more), {})
    assert prepare(job).folder == shown.store.folder
    assert sorted((path, path.stat().st_mtime_ns) for path in (shown.store.folder.parents[1]).rglob("*")) == written


@pytest.mark.parametrize(
    "source", ["addition", "mixture", "grammar"]
)  # one answers, one holds others, one is plain text
def test_every_kind_of_source_can_be_named(source, compose_config):
    config = compose_config(f"source={source}", config_name="show_data")
    assert make(config["source"], "source")
    assert settings({"_target_": "a.B", "x": [1], "inner": {"_target_": "c.D", "y": "z"}}) == "x=[1] inner=D inner.y=z"


# The command.


def run(words, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scripts/show_data.py", *words])
    commands.run("show_data")


def test_the_command_shows_as_many_documents_as_asked_and_two_rows(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(
        [
            *words,
            "tokenizer=byte",
            "source.document_bytes=200",
            "n=3",
            "first=2",
            "split=test",
            "model.context_length=32",
        ],
        monkeypatch,
    )
    out = capsys.readouterr().out
    assert re.findall(r"^test document (\d+) ─", out, re.MULTILINE) == ["2", "3", "4"]
    assert re.findall(r"^ +row (\d): 32 tokens given", out, re.MULTILINE) == ["0", "1"]


def test_a_context_in_bytes_is_told_in_tokens(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run([*words, "tokenizer=char", "data.context_unit=bytes", "model.context_length=64"], monkeypatch)
    out = capsys.readouterr().out
    _, tokens, n_bytes = re.search(r"^train +(\d+) +([\d,]+) +([\d,]+)", out, re.MULTILINE).groups()
    n = round(64 * int(tokens.replace(",", "")) / int(n_bytes.replace(",", "")))
    assert n < 64 and f"windows of {n} tokens" in out and f"row 0: {n} tokens given" in out


def test_rows_that_cannot_be_made_are_refused_after_what_can_be_shown(words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run([*words, "tokenizer=byte", "data.layout=document"], monkeypatch)
    out, err = capfd.readouterr()
    assert stopped.value.code == 1 and "train document 0" in out and "row 0" not in out
    assert err.startswith("wordorder: model.context_length=128") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("n=0", ["n=0", "at least 1"]),
        ("n=few", ["n='few'", "whole number"]),
        ("first=-1", ["first=-1", "at least 0"]),
        ("seed=-1", ["data_seed=-1", "at least 0"]),
        ("seed=9223372036854775808", ["data_seed=9223372036854775808", "2^63"]),
        ("split=valid", ["split='valid'", "val"]),
        ("source=adition", ["source=adition", "addition"]),
        ("tokenizer=byt", ["tokenizer=byt", "byte"]),
        ("model.context_length=0", ["model.context_length=0"]),
        ("data.layout=rows", ["data.layout='rows'", "stream"]),
        ("rows=3", ["rows"]),
    ],
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(typed, said, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run([*words, "tokenizer=byte", typed], monkeypatch)
    out, err = capfd.readouterr()
    assert stopped.value.code == 1 and not out and not (tmp_path / "out").exists()
    assert "Traceback" not in err and err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err


def test_a_document_beyond_the_split_is_refused_with_how_many_there_are(words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        run([*words, "tokenizer=byte", "first=99", "split=val"], monkeypatch)
    assert capfd.readouterr() == ("", "wordorder: first=99 must be below 1, the documents of split=val\n")
