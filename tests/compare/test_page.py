"""The page in a browser, light, dark and on paper: every text is whole, apart from others and dark enough to be read."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import browser
import pandas as pd
import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.curves import LearningCurves
from wordorder.compare.report import write
from wordorder.compare.verdict import RULE

pytestmark = pytest.mark.chromium

QUESTION = "Which position scheme compresses text best with a tokenizer that knows words, and which with one of bytes?"
LONG = {"lr": 0.001, "decay_of_what_has_a_long_name": "as_long_as_its_value"}
ARMS: dict[str, tuple[str, dict[str, Any], tuple[float, ...]]] = {  # tokenizer, config, differences to the baseline
    "none": ("bpe", {}, (0.0, 0.0, 0.0)),
    "rope": ("byte", {"optimizer": LONG}, (-0.100, -0.102, -0.099)),
    "alibi": ("bpe", {}, (0.0001, -0.0002, 0.0002)),
    "learned": ("byte", {"optimizer": {"lr": 0.004}}, (0.0103, 0.0100, 0.0101)),
    "sinusoidal": ("bpe", {}, (0.05, -0.04)),
}
BASELINE = "none, bpe, optimizer.lr=0.001"
WORDS = ("better", "equivalent", "worse, within the margin", "too few seeds to tell")
LOG = [
    "Traceback (most recent call last):",
    f'  File "{"/".join(["a_folder"] * 30)}"',
    "FloatingPointError: " + "nan" * 90,
]


@pytest.fixture
def page(add_run: Callable[..., Path], lab: Path) -> Path:
    """Five arms of three seeds and two tokenizers, one run failed: verdicts of all kinds and findings of the audit."""
    for position, (tokenizer, config, differences) in ARMS.items():
        for seed, difference in enumerate(differences):
            facts = make_facts(position, tokenizer)
            shift = difference + (0.0, 0.004, -0.003)[seed]
            cut = {"tokenizer": {"_target_": "wordorder.tokenizer.byte.Byte"}} if tokenizer == "byte" else {}
            folder = add_run(position, seed, shift=shift, sweep=[2.6, 2.7, None, 2.9], config=config | cut, facts=facts)
            add_rows(folder, shift, 1.0 if tokenizer == "byte" else 2.5)
    facts = make_facts("sinusoidal", "bpe") | {"status": "failed", "reason": "the loss of step 31 is nan"}
    folder = add_run("sinusoidal", 2, facts=facts, name="sinusoidal-bpe-python_docs-s2-failed")
    (folder / "log.txt").write_text("\n".join(LOG))
    write(compare(lab, baseline=BASELINE, figures=[LearningCurves()], question=QUESTION), lab / "compare")
    return lab / "compare" / "report.html"


def make_facts(position: str, tokenizer: str) -> dict[str, Any]:
    size = 256 if tokenizer == "byte" else 8000
    return {
        "choices": {"position": position, "tokenizer": tokenizer, "source": "python_docs", "model": "nano"},
        "digests": {"data": "d" * 64, "tokenizer": tokenizer * 16},
        "vocabulary": {
            "requested": None if tokenizer == "byte" else 8192,
            "actual": size,
            "lossless": tokenizer == "byte",
        },
        "tokenizer_cost": {"seconds": 12.5, "bytes": 9_000_000, "encode_bytes_per_second": 3e6},
        "text": {"bytes_per_token": 2.5},
        "parameters": {"total": 950_000 + 128 * size, "position": 0, "embedding": 128 * size, "rest": 950_000},
        "flops": 4_000_000_000_000,
        "first_step_at": "2026-01-02T03:04:05.250+00:00",
        "scored_at": "2026-01-03T03:04:05.250+00:00",
    }


def add_rows(folder: Path, shift: float, bytes_per_token: float) -> None:
    """What the tokenizer does to the text, and the sums of three documents."""
    own = {"evaluation": "tokenization", "evaluation_id": "t" * 16, "count": 99, "why": "", "facts": {"split": "test"}}
    cuts = {"bytes_per_token": bytes_per_token, "fertility": 1.75, "unused": 0.125, "renyi_efficiency": 0.4}
    with (folder / "scores.jsonl").open("a") as file:
        file.writelines(json.dumps(own | {"metric": name, "value": value}) + "\n" for name, value in cuts.items())
    items = [
        {"evaluation": "bits_per_byte", "evaluation_id": "e" * 16, "nats": (1.8 + shift) * size, "bytes": size}
        | {"facts": json.dumps({"split": "test", "item": number})}
        for number, size in enumerate((900.0, 1500.0, 2100.0))
    ]
    pd.DataFrame(items).to_parquet(folder / "items.parquet", index=False)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_is_apart_whole_and_readable(page: Path, tmp_path: Path, dark: bool) -> None:
    measured = browser.measure(page, tmp_path, dark=dark)
    assert measured["width"] == browser.WIDTH and measured["dark"] == dark
    assert measured["findings"] == []
    for text in (QUESTION, RULE, *WORDS, *LOG, "Bootstrap: ", "show arms with", "unequal vocabularies:"):
        assert any(text in seen for seen in measured["texts"]), text  # what is folded included
    photograph = tmp_path / ("dark.png" if dark else "light.png")
    browser.photograph(page, photograph, height=measured["height"], dark=dark)
    size = struct.unpack(">II", photograph.read_bytes()[16:24])
    assert size == (browser.WIDTH, measured["height"])


def test_page_fetches_nothing(page: Path, tmp_path: Path) -> None:
    assert browser.measure(page, tmp_path)["fetched"] == []
    asking = page.read_text(encoding="utf-8").replace("</h1>", '</h1><img src="http://localhost/x.png" alt="">')
    (tmp_path / "asking.html").write_text(asking, encoding="utf-8")
    assert browser.measure(tmp_path / "asking.html", tmp_path)["fetched"] == ["http://localhost/x.png"]


def test_paper_has_all_that_is_folded_and_cuts_nothing_off(page: Path, tmp_path: Path) -> None:
    measured = browser.measure(page, tmp_path, printed=True)
    assert measured["width"] == browser.PAPER and measured["findings"] == []
    for text in (QUESTION, RULE, *WORDS, *LOG, "Bootstrap: "):
        assert any(text in seen for seen in measured["texts"]), text
    assert not any("show arms with" in seen for seen in measured["texts"])
    assert browser.print_page(page, tmp_path / "page.pdf") >= 2


PLANTED = """<!doctype html><style>@media print {} body { background: white; color: black }
  .at { position: absolute; white-space: nowrap; left: 20px } .box { width: 60px; white-space: nowrap }</style><body>
<p style="color: #767676">is 4.54 to 1</p> <p style="color: #777777">is 4.48 to 1</p> <p style="color: #000b">is dark enough</p>
<p style="color: #0008">is half seen</p> <p style="opacity: .4">is pale by opacity</p>
<div style="background: #222"><p style="color: #999">is light on dark</p><p style="color: #666">is dark on dark</p></div>
<p style="background: linear-gradient(red, blue)">is on a gradient</p>
<p style="display: none; color: #999">is not there</p> <p style="visibility: hidden; color: #999">is not seen</p>
<details><summary>opens</summary><p style="color: #999">is folded</p></details>
<p class="box" style="overflow: hidden">is cut off by its box</p> <p class="box">goes on beyond its box</p>
<p class="box" style="overflow-x: auto">is seen by scrolling only</p> <p style="margin-left: -30px">begins too far left</p>
<p class="at" style="top: 900px">lies below</p> <p class="at" style="top: 905px">lies above</p>
<p class="at" style="top: 940px">is beside</p> <p class="at" style="top: 940px; left: 300px">another</p>
<p style="position: absolute; top: 980px; width: 90px; line-height: 5px">its lines lie upon each other</p>
</body>"""


def test_planted_faults_are_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "planted.html").write_text(PLANTED)
    found = browser.measure(tmp_path / "planted.html", tmp_path)["findings"]
    assert {(one["kind"], one["text"]) for one in found} == {
        ("contrast", "is 4.48 to 1"),
        ("contrast", "is half seen"),
        ("contrast", "is pale by opacity"),
        ("contrast", "is dark on dark"),
        ("contrast", "is folded"),
        ("unknown colour", "is on a gradient"),
        ("cut off", "is cut off by its box"),
        ("cut off", "is seen by scrolling only"),
        ("cut off", "begins too far left"),
        ("overlap", "lies below"),
        ("overlap", "its lines lie upon each other"),
    }
    assert [one["more"] for one in found if one["text"] == "is 4.48 to 1"] == ["4.48"]
    left = browser.measure(tmp_path / "planted.html", tmp_path, printed=True)
    assert "is folded" not in left["texts"] and "opens" in left["texts"]  # nothing there says that it is printed
