"""What a person asks about a sweep: its plan, its status, one of its runs, the failed ones again, what is no longer named.

The words after the verb are those of train.py, read and expanded by the same code, so that a plan is of what train.py does.
"""

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wordorder import command, commands
from wordorder.console import make_console
from wordorder.cores import list_cards
from wordorder.errors import InputError
from wordorder.foreseen import refuse_uncomparable, refuse_uncomparable_finals
from wordorder.making import at_once, make_runs, share_cards
from wordorder.opening import find_run
from wordorder.spelling import suggest
from wordorder.sweep import prune as pruning
from wordorder.sweep import telling
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.manifest import obtain
from wordorder.sweep.planned import Planned
from wordorder.sweep.state import look
from wordorder.sweep.telling_tuning import tell_tuning
from wordorder.sweep.tuning import Settled, settle

USAGE = "as in sweep.py plan experiment=quickstart"
HELP = (
    "Ask about a sweep. The words after the verb are those that train it; train.py --help tells them.",
    "",
    "  python scripts/sweep.py plan experiment=quickstart seed=0,1,2",
    "  python scripts/sweep.py status -m position=rope,alibi",
    "  python scripts/sweep.py show run=outputs/quickstart/RUN",
)


def main() -> None:
    """Answer the verb that is the first word."""
    if {"--help", "-h"} & set(sys.argv[1:]):
        print(help_text())
        return
    try:
        verb, words = read_words(sys.argv[1:])
        VERBS[verb](words)
    except InputError as error:
        command.stop(str(error))


def help_text() -> str:
    """The verbs, an example of each kind of words, and where these are told."""
    verbs = [f"  {name:8}{(ask.__doc__ or '').splitlines()[0]}" for name, ask in VERBS.items()]
    return "\n".join([*HELP, "", *verbs])


def read_words(words: list[str]) -> tuple[str, list[str]]:
    """The verb and what follows. Raises InputError."""
    if not words or "=" in words[0]:
        raise InputError(f"say first what is asked of the sweep: {', '.join(VERBS)}; {USAGE}")
    if words[0] not in VERBS:
        raise InputError(f"{words[0]} cannot be asked of a sweep: {suggest(words[0], list(VERBS), list_all=True)}")
    return words[0], words[1:]


def expand(words: list[str], ask: Callable[[Expansion], None]) -> None:
    """Ask it of what the words stand for, one run or many. Where that has runs launched, each is trained."""
    for word in words:
        if word.partition("=")[0] == "hydra/sweeper":
            raise InputError(f"{word} is not for sweep.py, which knows the plans of train.py only: leave it out")
    sys.argv[1:] = words
    one = lambda config: commands.train(config) if command.launched() else ask(command.single(config))  # noqa: E731
    command.main(one, "train", sweep=ask)


def planned(expansion: Expansion, *, comparable: bool = False) -> tuple[list[Planned], Settled | None]:
    """The runs that are known by now, and of a plan of two stages where it stands; `comparable` refuses those that could not
    be compared as they ask."""
    if expansion.stages is None:
        plan = obtain(expansion)
        if comparable:
            refuse_uncomparable(expansion, plan)
        return plan.runs, None
    if comparable:
        refuse_uncomparable_finals(expansion)
    settled = settle(expansion)
    return settled.runs, settled


def looked_at(runs: Sequence[Planned]) -> telling.Looked:
    return [(run, look(Path(run.folder), run.evaluations)) for run in runs]


def side_by_side(runs: Sequence[Planned], expansion: Expansion) -> int | None:
    """How many are trained at a time; None for a launcher that does not say."""
    return at_once(runs, expansion, cards=share_cards(runs, list_cards)) if expansion.launch is None else None


def train_words(words: list[str]) -> list[str]:
    """The command line that trains what these words stand for."""
    script = Path(sys.argv[0])
    if script.name == "sweep.py":
        return [str(script.with_name("train.py")), *words]
    return [sys.argv[0], "train", *words]


def plan(words: list[str]) -> None:
    """What train.py would do with these words."""

    def ask(expansion: Expansion) -> None:
        from wordorder.sweep.telling_noise import tell_noise  # needs scipy, which only this verb waits for

        runs, settled = planned(expansion, comparable=True)
        looked = looked_at(runs)
        telling.tell_plan(make_console(), looked, n_jobs=side_by_side(runs, expansion))
        if settled:
            tell_tuning(make_console(), settled)
        n_arms, n_seeds = compared(runs, expansion)
        final = looked_at(settled.final) if settled else looked
        tell_noise(make_console(), final, n_arms=n_arms, n_seeds=n_seeds, output_dir=expansion.output_dir)

    expand(words, ask)


def compared(runs: Sequence[Planned], expansion: Expansion) -> tuple[int, int]:
    """How many arms a plan compares, and how many seeds each of them has."""
    if expansion.stages:
        return len(expansion.stages.arms), len(expansion.stages.final)
    arms = Counter(run.arm for run in runs)
    return len(arms), min(arms.values())


def status(words: list[str]) -> None:
    """How far the runs are."""
    typed = shlex.join(["python", *train_words(words)])

    def ask(expansion: Expansion) -> None:
        runs, settled = planned(expansion)
        telling.tell_status(make_console(), looked_at(runs), n_jobs=side_by_side(runs, expansion), command=typed)
        if settled:
            tell_tuning(make_console(), settled)

    expand(words, ask)


def show(words: list[str]) -> None:
    """One run."""
    keys = [word.partition("=")[0] for word in words]
    if keys != ["run"]:
        raise InputError("show takes one word, a run's folder: show run=outputs/quickstart/RUN")
    record = find_run(Path(words[0].partition("=")[2]), "run")
    telling.tell_run(make_console(), record.folder, look(record.folder, {}))


def retry(words: list[str]) -> None:
    """The failed runs again, and no other; each is recorded as train.py with rerun=failed would.

    A tuning run that diverged is an answer and stays.
    """
    trained = [word for word in train_words(words) if not word.startswith("rerun=")] + ["rerun=failed"]

    def ask(expansion: Expansion) -> None:
        runs, settled = planned(expansion)
        answered = {one.run.folder for one in settled.tuned.tried if one.bits is not None} if settled else set()
        failed = [run for run, state in looked_at(runs) if state.name == "failed" and run.folder not in answered]
        if not failed:
            make_console().print("nothing has failed")
            return
        # what goes on with these runs when they are stopped, and what their record says was typed
        sys.argv[:] = trained
        make_runs(expansion, [replace(run, words=[*run.words, "rerun=failed"], rerun="failed") for run in failed])

    expand(words, ask)


def prune(words: list[str]) -> None:
    """List the run folders that the plan does not name, or with yes=true remove them."""
    said = [word.partition("=")[2] for word in words if word.startswith("yes=")]
    if said not in ([], ["true"], ["false"]):
        raise InputError(f"yes={','.join(said)} must be true or false, once")
    if not any(word.startswith("experiment=") for word in words):
        raise InputError("prune needs experiment=NAME: without one, all runs that were made without one would go")

    def ask(expansion: Expansion) -> None:
        runs, settled = planned(expansion)
        if settled and not settled.final:
            raise InputError(
                "prune must wait for the tuning: which final runs the plan names is not known before it is done"
            )
        tell_pruned(runs, yes=said == ["true"])

    expand([word for word in words if not word.startswith("yes=")], ask)


def tell_pruned(runs: Sequence[Planned], *, yes: bool) -> None:
    """A line a folder, and how much is freed; a run that a process holds stays."""
    freed, shown = 0, make_console()
    found = pruning.unplanned(runs)
    for folder in found:
        held, size = pruning.held(folder), pruning.size(folder)
        try:
            if yes and not held:
                pruning.remove(folder)
        except InputError:  # its lock is taken
            held = True
        freed += 0 if held else size
        what = "kept, a process is at it" if held else f"{size / 2**20:,.1f} MB" + ", removed" * yes
        telling.say(shown, f"{folder}: {what}")
    if not found:
        telling.say(shown, "every run folder is in the plan")
    else:
        telling.say(shown, f"{freed / 2**20:,.1f} MB {'freed' if yes else 'would be freed by the same with yes=true'}")


VERBS = {"plan": plan, "status": status, "show": show, "retry": retry, "prune": prune}
