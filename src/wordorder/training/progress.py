"""How far a run is: a bar with tokens/s and time left on a terminal, a line per interval in a file, a message in a pool."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tqdm import tqdm

TRAIN = "train"


@dataclass(frozen=True)
class At:
    """Where a run is: at a step of its training, with its latest row, or at so many tokens of something else.

    `of` is 0 where nobody knows the end, `left` (seconds) and what a row tells are None where there is none.
    """

    doing: str
    done: int = 0
    of: int = 0
    loss: float | None = None
    tokens_per_second: float | None = None
    left: float | None = None


class Progress:
    """What a run tells of itself, part after part; a subclass shows it. `title` begins what is shown."""

    def __init__(self, title: str):
        self.title = title

    doing, of, first, done, began = "", 0, 0, 0, 0.0

    def begin(self, doing: str, *, of: int = 0, first: int = 0) -> None:
        """A part begins: training of `of` steps after the `first`, or an evaluation by its name."""
        self.doing, self.of, self.first, self.done, self.began = doing, of, first, first, time.monotonic()
        self.tell(At(doing, first, of))

    def show(self, step: int, row: dict[str, float]) -> None:
        """Tell the latest row of training."""
        left = (time.monotonic() - self.began) / max(1, step - self.first) * (self.of - step)
        self.tell(At(self.doing, step, self.of, row["loss"], row["tokens_per_second"], left))

    def advance(self, tokens: int) -> None:
        """Tell of tokens more."""
        self.done += tokens
        self.tell(At(self.doing, self.done, self.of))

    def end(self) -> None:
        """The part has ended, well or not."""

    def tell(self, at: At) -> None:
        raise NotImplementedError


class Silent(Progress):
    """For whom nobody watches."""

    def tell(self, at: At) -> None:
        pass


class Bar(Progress):
    """Of a run that has the terminal to itself."""

    bar: tqdm | None = None

    def begin(self, doing: str, *, of: int = 0, first: int = 0) -> None:
        self.end()
        title = self.title if doing == TRAIN else f"{self.title}: {doing}"
        unit = "step" if of else "token"
        self.bar = tqdm(total=of or None, initial=first, desc=title, unit=unit, unit_scale=not of, leave=False)
        super().begin(doing, of=of, first=first)

    def tell(self, at: At) -> None:
        if at.loss is not None:
            self.bar.set_postfix_str(words_of(at), refresh=False)
        self.bar.update(at.done - self.bar.n)

    def end(self) -> None:
        if self.bar is not None:
            self.bar.close()


class Lines(Progress):
    """Into a file: a whole training in LINES lines, and one as each evaluation begins."""

    LINES = 20
    told = 0  # intervals
    begun = TRAIN

    def tell(self, at: At) -> None:
        if at.doing not in (TRAIN, self.begun):
            print(f"{self.title}  evaluation {at.doing}", flush=True)
        self.begun = at.doing
        interval = at.done // max(1, at.of // self.LINES)
        if at.loss is not None and (at.done == at.of or interval > self.told):
            print(f"{self.title}  step {at.done}/{at.of}  {words_of(at)}  {at.left:.0f} s left", flush=True)
        self.told = interval


class Sent(Progress):
    """To another process, which shows it: each row of training, and of what else is done enough to see it move.

    Where that process is gone nobody looks, and the run goes on to where it is asked to stop.
    """

    EVERY = 0.2  # seconds

    def __init__(self, title: str, send: Callable[[At], None]):
        super().__init__(title)
        self.send, self.sent_at = send, 0.0

    def tell(self, at: At) -> None:
        now = time.monotonic()
        if at.loss is not None or at.done == self.first or now - self.sent_at >= self.EVERY:
            self.sent_at = now
            with suppress(BrokenPipeError):
                self.send(at)


def alone(title: str) -> Progress:
    """How a run shows itself that no pool has begun."""
    return Bar(title) if sys.stderr.isatty() else Lines(title)


def words_of(at: At) -> str:
    """A row of training."""
    return f"loss {at.loss:.3f}  {at.tokens_per_second:,.0f} tokens/s"


def say(text: str) -> None:
    """Print lines on a terminal that may show bars of this or another process, or into a file."""
    clear = "\r\033[K" if sys.stderr.isatty() and sys.stdout.isatty() else ""
    print(clear + text.replace("\n", "\n" + clear), flush=True)
