"""Ctrl-C and SIGTERM ask; the training loop answers at the next step."""

import os
import signal
from contextlib import suppress
from types import FrameType


class Interrupt:
    """While in use, SIGINT and SIGTERM only set `asked`; a SIGINT after that stops at once.

    A SIGTERM never does: schedulers send it to every process of a job, more than once, and insist with SIGKILL.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = False
        self.number = 0

    def __enter__(self) -> "Interrupt":
        self.before = {number: signal.getsignal(number) for number in self.SIGNALS}
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def listen(self) -> None:
        """Be the one who is told, also where another handler has put itself in front since."""
        for number in self.SIGNALS:
            signal.signal(number, self.handle)

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise Interrupted("at once")  # a KeyboardInterrupt would end in Lightning's own exit, with code 1
        self.asked, self.number = True, number

    def pass_on(self, processes: list[int]) -> None:
        """Tell other processes, by SIGTERM, what perhaps only this one was told: a terminal's Ctrl-C reaches all of them, a
        SIGINT by other means one. Who was asked already takes a SIGTERM for the same request."""
        if self.number:
            for process in processes:
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(process, signal.SIGTERM)
            self.number = 0


class Interrupted(Exception):
    """The run stopped because it was asked to, its checkpoint written unless it was asked twice."""
