"""gallery: a picture of every scheme, and a page of them that needs no network."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import jinja2
import torch
from matplotlib.image import imread, imsave

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.model.attention import Kernel
from wordorder.model.transformer import Transformer
from wordorder.show.picture import DPI, TOP, Card
from wordorder.show.position import build, show

KERNELS = get_args(Kernel)
TRIED = (2, 16)  # rows and tokens with which a kernel is tried


@dataclass(frozen=True)
class Entry:
    """One scheme of the page: its picture in base64, or why there is none, and what became of each kernel."""

    name: str
    card: Card | None
    png: str
    refused: str
    kernels: dict[str, str]


def write_gallery(configs: Iterable[tuple[str, Config]], folder: Path, *, yamls: Path, words: list[str]) -> Path:
    """Draw every scheme into `folder` and write index.html beside; configs: name -> composed config."""
    entries = []
    for name, config in configs:
        entries.append(make_entry(name, config, yamls / f"{name}.yaml", words))
        print(f"{name}: {entries[-1].refused or folder / f'{name}.png'}", flush=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = folder / "index.html"
    device = f"{torch.cuda.get_device_name()}" if torch.cuda.is_available() else "the CPU"
    text = environment.get_template("gallery.html.j2").render(
        entries=entries, kernels=KERNELS, said_once=say_once(entries), device=device, torch=torch.__version__
    )
    page.write_text(text, encoding="utf-8")
    return page


def make_entry(name: str, config: Config, yaml: Path, words: list[str]) -> Entry:
    """The picture and the kernels; a scheme that refuses the config is listed with its reason."""
    try:
        card, path = show(name, config, yaml, words=words)
        kernels = {kernel: try_kernel(build(config), kernel) for kernel in KERNELS}
    except InputError as error:
        return Entry(name, None, "", str(error), {})
    return Entry(name, card, base64.b64encode(without_title(path)).decode(), "", kernels)


def without_title(path: Path) -> bytes:
    """The picture below its title, which the page says in words."""
    pixels, out = imread(path), io.BytesIO()
    imsave(out, pixels[round(TOP * DPI) :], format="png")
    return out.getvalue()


def try_kernel(model: Transformer, kernel: Kernel) -> str:
    """ "runs", or what is said instead, of one small forward and backward on this machine's device."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).kernel = kernel
    try:
        model(torch.zeros(TRIED, dtype=torch.int64, device=device)).sum().backward()
    except ValueError as error:
        return f"refuses: {error}"
    except Exception as error:  # of a compiler, say: the page tells what happened
        return f"fails: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return "runs"


def say_once(entries: list[Entry]) -> dict[str, str]:
    """What all schemes have in common, by kernel, so that it need not stand in every row."""
    found = {kernel: {entry.kernels[kernel] for entry in entries if entry.kernels} for kernel in KERNELS}
    return {kernel: next(iter(said)) for kernel, said in found.items() if len(said) == 1 and "runs" not in said}
