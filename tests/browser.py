"""A page in headless Chromium: what is wrong with its text, its picture, and the paper that it prints.

Text is measured line by line where it stands: lines that overlap, that an edge cuts off or that only scrolling sideways
shows, and contrast to the colours under it. Pictures are not looked into, so neither is text in a figure.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_suffix(".js")
WIDTH = 1366
PAPER = 718  # pixels of an A4 page between Chromium's margins of 1 cm
QUIET = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --hide-scrollbars""".split()


def find_chromium() -> str:
    """Its path; skips the test where there is none, and fails it where WORDORDER_REQUIRE names chromium."""
    if found := shutil.which("chromium"):
        return found
    said = "no chromium here: apt-get install chromium"
    if "chromium" in os.environ.get("WORDORDER_REQUIRE", "").split():
        pytest.fail(said)
    pytest.skip(said)


def measure(page: Path, folder: Path, *, dark: bool = False, printed: bool = False) -> dict[str, Any]:
    """findings (kind, text, more), texts, width, height, dark, fetched, as browser.js says them of a copy in folder.

    What is folded is measured open. printed: the page as the rules for paper have it, as wide as paper and left folded.
    """
    html = page.read_text(encoding="utf-8")
    assert html.count("</body>") == 1
    if printed:
        assert "@media print" in html
        html = html.replace("@media print", "@media all")
    script = f'<script data-unfold="{str(not printed).lower()}">{SCRIPT.read_text(encoding="utf-8")}</script>'
    copy = folder / "measured.html"
    copy.write_text(html.replace("</body>", f"{script}</body>"), encoding="utf-8")
    dom = browse(copy, folder, "--dump-dom", width=PAPER if printed else WIDTH, dark=dark)
    return json.loads(re.findall(r'<script type="application/json" id="measured">(.*?)</script>', dom, re.DOTALL)[-1])


def photograph(page: Path, out: Path, *, height: int, dark: bool = False) -> None:
    """A PNG of the page's first `height` pixels."""
    browse(page, out.parent, f"--screenshot={out}", height=height, dark=dark)


def print_page(page: Path, out: Path) -> int:
    """A PDF of the page; returns how many sheets it has."""
    browse(page, out.parent, f"--print-to-pdf={out}", "--no-pdf-header-footer")
    return len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))


def browse(page: Path, folder: Path, *words: str, width: int = WIDTH, height: int = 900, dark: bool = False) -> str:
    """What Chromium writes to its output; no name is resolved, so nothing can be fetched."""
    own = [
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},{height}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [find_chromium(), *QUIET, *own, scheme, *words, page.resolve().as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
