"""shop: where trained tokenizers are kept, so that each recipe is trained once."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from wordorder.tokenizer.base import Tokenizer
from wordorder.whole_files import lock_beside, write_whole

SAMPLE = 1_000_000  # characters of training text that the speed of encoding is measured on


def train_once(tokenizer: Tokenizer, texts: Callable[[], Iterable[str]], shop: Path, recipe: str) -> None:
    """Load the tokenizer that `recipe` (a digest of settings and text) made before, or train it now.

    The artifact lies in shop/<digest>, beside it what the training took; shop/recipes/<recipe> holds that digest; a file
    that does not match is made again.
    """
    pointer = shop / "recipes" / recipe
    if load_recipe(tokenizer, shop, pointer):
        return
    with lock_beside(pointer):
        if load_recipe(tokenizer, shop, pointer):  # another process has trained it while this one waited
            return
        cost = train_timed(tokenizer, Watched(texts()))
        tokenizer.save(shop / tokenizer.digest())
        write_whole(shop / tokenizer.digest() / "training.json", json.dumps(cost), synced=False, shared=True)
        write_whole(pointer, tokenizer.digest(), synced=False)


def load_recipe(tokenizer: Tokenizer, shop: Path, pointer: Path) -> bool:
    """Load the artifact that `pointer` names; False if either is not there or not what its name says."""
    try:
        digest = pointer.read_text(encoding="ascii")
        tokenizer.load(shop / digest)
        return tokenizer.digest() == digest
    except (OSError, ValueError, TypeError):
        return False


class Watched:
    """Texts on their way to a training: their bytes are counted, and of the first SAMPLE characters a copy is kept."""

    def __init__(self, texts: Iterable[str]):
        self.texts, self.n_bytes, self.kept, self.rest = iter(texts), 0, [], SAMPLE

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = next(self.texts)
        self.n_bytes += len(text.encode("utf-8"))
        if self.rest:
            self.kept.append(text[: self.rest])
            self.rest -= len(self.kept[-1])
        return text

    def sample(self) -> list[str]:
        """What was kept; a training that reads less than SAMPLE leaves the rest to be read now."""
        while self.rest and next(self, None) is not None:
            pass
        return self.kept


def train_timed(tokenizer: Tokenizer, texts: Watched) -> dict[str, float]:
    """Train, and measure: seconds (reading the text included), bytes read, bytes encoded a second."""
    began = time.perf_counter()
    tokenizer.train(texts)
    cost = {"seconds": time.perf_counter() - began, "bytes": texts.n_bytes}
    sample = texts.sample()
    began = time.perf_counter()
    tokenizer.encode_batch(sample)
    seconds = max(time.perf_counter() - began, 1e-9)
    return cost | {"encode_bytes_per_second": sum(len(text.encode("utf-8")) for text in sample) / seconds}


def training_cost(shop: Path, digest: str) -> dict[str, float]:
    """What the training of this artifact took; {} for one from elsewhere, or older than this measurement."""
    file = shop / digest / "training.json"
    return json.loads(file.read_text(encoding="ascii")) if file.exists() else {}
