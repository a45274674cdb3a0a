"""scan: commands such as "jump left twice" become actions.

Lake and Baroni 2018, 1711.00350, section 2 and its grammar; as a test of length in Kazemnejad et al. 2023, 2305.19466.

Length: actions. The grammar has 20,910 commands; one of those of a length is drawn, each as probable as any other.
    command  phrase | phrase and phrase | phrase after phrase, which is done in the other order
    phrase   turning | turning twice | turning thrice
    turning  verb | verb SIDE | verb opposite SIDE, two turns first | verb around SIDE, a turn before each of four
    verb     walk W, look L, run R, jump J, and before a side turn, which is no action of its own
    SIDE     left, a turn < | right, a turn >

Example: jump left twice =[ < J < J]
Example: look after turn opposite right =[ > > L]
Example: run around left and walk =[ < R < R < R < R W]
Differs: an action is one character, not a word such as I_TURN_LEFT. The published splits hold each command once, so that most
have the few lengths that are frequent; here each length is as frequent as any other and commands repeat. Lengths that no
command has (23, 29, 31 and more) are left out.
"""

from dataclasses import dataclass
from itertools import product
from random import Random

from wordorder.source.task import Example, Task

VERBS = {"walk": "W", "look": "L", "run": "R", "jump": "J", "turn": ""}
SIDES = {"left": "<", "right": ">"}
TIMES = {"twice": 2, "thrice": 3}


@dataclass(kw_only=True, eq=False)
class Scan(Task):
    """Lengths are 1 to 48."""

    longest = 48

    def __post_init__(self):
        self.commands: dict[int, list[tuple[str, str]]] = {}
        for command, actions in list_commands().items():
            self.commands.setdefault(len(actions), []).append((command, actions))
        self.n_answers = {n: len({actions for _, actions in found}) for n, found in self.commands.items()}
        super().__post_init__()

    def exists(self, length: int) -> bool:
        return length in self.commands

    def draw(self, length: int, rng: Random) -> Example:
        command, actions = rng.choice(self.commands[length])
        pieces = [(f"{command} =", False), (" " + " ".join(actions), True)]
        return Example(pieces, chance=1 / self.n_answers[length])

    def solve(self, before: str) -> str:
        return " " + " ".join(do(before.split()[:-1]))


def list_commands() -> dict[str, str]:
    """Every command of the grammar with its actions."""
    turning = {verb: action for verb, action in VERBS.items() if action}
    for (verb, action), (side, turn) in product(VERBS.items(), SIDES.items()):
        turning[f"{verb} {side}"] = turn + action
        turning[f"{verb} opposite {side}"] = 2 * turn + action
        turning[f"{verb} around {side}"] = 4 * (turn + action)
    phrases = dict(turning)
    for (text, actions), (word, times) in product(turning.items(), TIMES.items()):
        phrases[f"{text} {word}"] = times * actions
    commands = dict(phrases)
    for (one, first), (other, second) in product(phrases.items(), repeat=2):
        commands[f"{one} and {other}"] = first + second
        commands[f"{one} after {other}"] = second + first
    return commands


def do(words: list[str]) -> str:
    """The actions of a command, read from its last word back."""
    for joint in ("and", "after"):
        if joint in words:
            at = words.index(joint)
            first, second = do(words[:at]), do(words[at + 1 :])
            return first + second if joint == "and" else second + first
    *rest, last = words
    if last in TIMES:
        return do(rest) * TIMES[last]
    if last not in SIDES:
        return VERBS[last]
    verb, *how = rest
    turn, action = SIDES[last], VERBS[verb]
    return {"": turn + action, "opposite": turn + turn + action, "around": (turn + action) * 4}["".join(how)]
