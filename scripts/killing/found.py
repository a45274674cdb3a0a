"""What a torture found: the log of kills, what came of them, and the table of both."""

from collections import Counter
from dataclasses import asdict, dataclass, field

from killing.phases import PHASES

TARGETS = ("run", "pool", "launcher")


@dataclass(frozen=True)
class Kill:
    """One kill: in which sweep and which typing of its command, seconds after that was typed, whom, and what it was at."""

    sweep: int
    command: int
    at: float
    target: str
    phase: str
    run: str
    aimed: bool


@dataclass
class Found:
    """What came of it. All but kills, sweeps, commands and seconds should be empty; `litter` is counted by name."""

    kills: list[Kill] = field(default_factory=list)
    sweeps: int = 0
    commands: int = 0
    seconds: float = 0.0
    differing: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    survivors: int = 0
    refused: int = 0
    tracebacks: list[str] = field(default_factory=list)
    litter: dict[str, int] = field(default_factory=dict)

    def lacking(self, least: int) -> list[str]:
        """Phases that were hit less often than that."""
        hit = Counter(kill.phase for kill in self.kills)
        return [phase for phase in PHASES if hit[phase] < least]

    @property
    def sound(self) -> bool:
        return not (self.differing or self.unfinished or self.survivors)


def tell(kill: Kill) -> str:
    return "  ".join(f"{name} {value}" for name, value in asdict(kill).items() if value is not False and value != "")


def table(kills: list[Kill]) -> list[dict[str, str | int | float | None]]:
    """Kills by phase and target."""
    hit = Counter((kill.phase, kill.target) for kill in kills)
    aimed = Counter(kill.phase for kill in kills if kill.aimed)
    return [
        {"phase": phase}
        | {target: hit[phase, target] for target in TARGETS}
        | {"all": sum(hit[phase, target] for target in TARGETS), "of these aimed": aimed[phase]}
        for phase in PHASES
    ]
