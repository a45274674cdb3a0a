"""A terminal for tests: what its screen holds after the bytes that a program wrote to it."""

import re

CODE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b[=>78]")


class Screen:
    """As much of a terminal as rich and tqdm need: the cursor's moves, erasing, lines that wrap and scroll away."""

    def __init__(self, columns: int, height: int):
        self.columns, self.height = columns, height
        self.lines, self.row, self.column = [[]], 0, 0
        self.wrapped = 0  # how often a line went on below: of a table that fits, never

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            if code := CODE.match(text, at):
                self.obey(code[1], code[2])
                at = code.end()
                continue
            self.put(text[at])
            at += 1

    def put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.down()
        elif character >= " ":
            if self.column == self.columns:
                self.wrapped += 1
                self.column = 0
                self.down()
            line = self.lines[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = character
            self.column += 1

    def down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])

    def obey(self, argument: str, letter: str) -> None:
        number = int(argument) if argument and argument.isdigit() else 1
        if letter == "A":
            self.row = max(self.row - number, len(self.lines) - self.height, 0)  # what has scrolled away is not reached
        elif letter == "K":
            line = self.lines[self.row]
            line[:] = [] if argument == "2" else line[: self.column]

    def shown(self) -> list[str]:
        return ["".join(line).rstrip() for line in self.lines]
