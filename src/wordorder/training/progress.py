"""How far a run is: a bar with tokens/s and time left on a terminal, a line per interval in a file."""

import sys
import time

from tqdm import tqdm


class Progress:
    """`title` begins the bar or line; `slot` is the bar's line where several runs share a terminal."""

    LINES = 20  # a whole run in a file

    def __init__(self, title: str, n_steps: int, *, first: int = 0, slot: int = 0):
        self.title, self.n_steps, self.first = title, n_steps, first
        self.every, self.began = max(1, n_steps // self.LINES), time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            self.bar = tqdm(total=n_steps, initial=first, desc=title, unit="step", position=slot, leave=False)

    def show(self, step: int, row: dict[str, float]) -> None:
        """Tell the latest row."""
        said = f"loss {row['loss']:.3f}  {row['tokens_per_second']:,.0f} tokens/s"
        if self.bar is not None:
            self.bar.n = step
            self.bar.set_postfix_str(said)
        elif step == self.n_steps or step // self.every != (step - 1) // self.every:
            left = (time.monotonic() - self.began) / max(1, step - self.first) * (self.n_steps - step)
            print(f"{self.title}  step {step}/{self.n_steps}  {said}  {left:.0f} s left", flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def say(text: str) -> None:
    """Print lines on a terminal that may show bars of this or another process, or into a file."""
    clear = "\r\033[K" if sys.stderr.isatty() and sys.stdout.isatty() else ""
    print(clear + text.replace("\n", "\n" + clear), flush=True)
