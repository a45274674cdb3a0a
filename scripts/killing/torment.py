"""SIGKILL at drawn times, the same command again and again until it is through, and then the comparison."""

import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from killing.found import TARGETS, Found, Kill, tell
from killing.phases import Sight
from killing.processes import Family, send
from killing.sweep import WORDS, Command, leftovers, results, write_text

TIMES_A_COMMAND = 3  # drawn for each; those after the launcher's death, or the end, pass unused
PATIENCE = 60.0  # seconds for a worker to end when its pool is gone
IN_VAIN = 5  # commands in a row that fail without having been killed, before a sweep is given up


class Torment:
    """`kills` at drawn times; then, for each phase hit less than `least` times, kills that wait for that phase."""

    def __init__(self, folder: Path, words: list[str], *, kills: int, least: int, seed: int):
        text = folder / "text.txt"
        write_text(text)
        own = {word.split("=")[0]: word for word in [*WORDS, f"source.train={text}", *words]}
        self.folder, self.words, self.kills, self.least = folder, list(own.values()), kills, least
        self.draw, self.found = random.Random(seed), Found()

    def run(self) -> Found:
        """All of it; Ctrl-C ends it early, and what was found until then counts."""
        began = time.monotonic()
        self.undisturbed()
        with suppress(KeyboardInterrupt):
            while self.found.sound and self.due():
                self.sweep()
        self.found.seconds = time.monotonic() - began
        return self.found

    def undisturbed(self) -> None:
        """The sweep as it should be: its results, and how long it takes."""
        folder = self.folder / "undisturbed"
        command = Command(self.words, folder, 0)
        if command.process.wait() != 0:
            raise RuntimeError(f"the undisturbed sweep failed:\n{command.text()[-3000:]}")
        self.duration, self.expected = command.at, results(folder / "outputs" / "adhoc")
        print(f"undisturbed: {len(self.expected)} runs in {self.duration:.1f} s", flush=True)

    def due(self) -> bool:
        return len(self.found.kills) < self.kills or bool(self.found.lacking(self.least))

    def sweep(self) -> None:
        """One sweep in a folder of its own, typed until it is through, and compared."""
        number, folder = self.found.sweeps, self.folder / f"sweep-{self.found.sweeps}"
        self.found.sweeps += 1
        in_vain = commands = code = 0
        seen: list[Command] = []
        while (code != 0 or not seen) and in_vain < IN_VAIN:
            command = Command(self.words, folder, commands)
            seen.append(command)
            before = len(self.found.kills)
            code = self.attempt(command, number, commands)
            in_vain = 0 if len(self.found.kills) > before else in_vain + 1
            commands += 1
        self.found.commands += commands
        self.end(seen, number)
        if code != 0:
            self.found.unfinished.append(f"sweep {number}: {seen[-1].text()[-2000:]}")
            return
        self.compare(number, folder / "outputs")
        if self.found.sound:
            shutil.rmtree(folder)

    def attempt(self, command: Command, number: int, again: int) -> int:
        """Let one command run, kill what is to be killed; returns its exit code."""
        wanted, times = self.plan()
        try:
            while command.running:
                sight = command.watch.look()
                if wanted in sight.phases or times and command.at >= times[0]:
                    at, times = round(command.at, 2), times[1:]
                    if struck := self.strike(command, wanted):
                        self.found.kills.append(Kill(number, again, at, *struck, bool(wanted)))
                        print(f"{len(self.found.kills):4d}  {tell(self.found.kills[-1])}", flush=True)
                        wanted = ""
                    if len(self.found.kills) >= self.kills:
                        times = []
                time.sleep(0.001 if wanted else 0.02)
        finally:  # also where this script is stopped
            if command.running:
                for process in command.watch.family.all():
                    send(process, signal.SIGKILL)
        return command.process.wait()

    def plan(self) -> tuple[str, list[float]]:
        """For one command: the phase to wait for, or the times at which to kill."""
        if len(self.found.kills) < self.kills:
            return "", sorted(self.draw.uniform(0, self.duration) for _ in range(TIMES_A_COMMAND))
        lacking = self.found.lacking(self.least)
        return (self.draw.choice(lacking) if lacking else ""), []

    def strike(self, command: Command, wanted: str) -> tuple[str, str, str] | None:
        """Kill one of those that exist, while all stand still so that what is seen is what is hit: target, phase, run."""
        family = command.watch.family
        family.look()
        family.freeze()
        try:
            sight = command.watch.look()
            if not command.running or wanted and wanted not in sight.phases:
                return None
            worker, run, phase = self.choose(sight, wanted)
            there = {"run": worker, "pool": family.pool, "launcher": family.launcher}
            target = self.draw.choice([name for name in TARGETS if there[name]])
            os.kill(there[target], signal.SIGKILL)
            return target, phase, run
        finally:
            family.thaw()

    def choose(self, sight: Sight, wanted: str) -> tuple[int | None, str, str]:
        """A worker with its run and phase; none, and the phase of the command, where there is none."""
        fitting = {worker: at for worker, at in sight.workers.items() if not wanted or at[1] == wanted}
        if not fitting:
            return None, "", sight.alone
        worker = self.draw.choice(sorted(fitting))
        return worker, *fitting[worker]

    def end(self, seen: list[Command], number: int) -> None:
        """Wait for the last process, then count what was said that should not be, by commands and in the logs of runs."""
        for process in stayed([command.watch.family for command in seen]):
            self.found.survivors += 1
            send(process, signal.SIGKILL)
        for command in seen:
            self.found.refused += command.text().count("wait for it, or stop it")
        folder = seen[0].said.parent
        for file in sorted([*folder.glob("said-*.txt"), *folder.glob("outputs/adhoc/*/log.txt")]):
            pieces = file.read_text(encoding="utf-8", errors="replace").split("Traceback (most recent call last)")[1:]
            self.found.tracebacks += [f"{file.relative_to(self.folder)}: {piece[:5000]}" for piece in pieces]

    def compare(self, number: int, outputs: Path) -> None:
        """Hold all runs of a sweep that is through against the undisturbed ones."""
        got = results(outputs / "adhoc")
        for run in sorted({*got, *self.expected}):
            ours, theirs = got.get(run, {}), self.expected.get(run, {})
            differ = [part for part in {**ours, **theirs} if ours.get(part) != theirs.get(part)]
            if differ:
                self.found.differing.append(f"sweep {number}: {run}: {', '.join(differ)}")
        for name in leftovers(outputs):
            self.found.litter[name] = self.found.litter.get(name, 0) + 1


def stayed(families: list[Family]) -> list[int]:
    """Processes that still run although nobody waits for them, and that do not end within PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while (left := [process for family in families for process in family.survivors()]) and time.monotonic() < until:
        time.sleep(0.1)
    return left
