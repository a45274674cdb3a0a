"""A sweep is made: what it lacks is trained, by this machine's pool or another launcher; then its runs are shown together.

Nothing that is done is begun, and where all is, torch is not imported.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from wordorder import keeping
from wordorder.check import Config, make
from wordorder.closing import closing_table, say_how_to_go_on
from wordorder.compared import made_from, recall, remember
from wordorder.console import make_console
from wordorder.cores import count_jobs, find_cards, group_cards
from wordorder.foreseen import refuse_uncomparable, refuse_uncomparable_finals
from wordorder.mirroring import mirror_ended
from wordorder.outcome import Outcome
from wordorder.pool import begin, run_all
from wordorder.record.folders import read_run
from wordorder.sweep.expansion import Expansion
from wordorder.sweep.manifest import obtain
from wordorder.sweep.planned import Planned
from wordorder.sweep.state import MEANING, look, will
from wordorder.sweep.telling_tuning import tell_tuning
from wordorder.sweep.tuning import settle
from wordorder.sweep.tuning_record import write_tuning
from wordorder.task import Task
from wordorder.training.interrupt import Interrupted


def make_sweep(expansion: Expansion) -> None:
    """Every run that the words stand for, all of them checked before the first begins. Raises InputError."""

    def start_early() -> None:
        if expansion.launch is None:
            begin(expansion.compose(expansion.points[0])[0])

    if expansion.stages:
        make_runs(expansion, make_tuning(expansion, start_early))
    else:
        plan = obtain(expansion, before_making=start_early)
        if lacking_of(plan.runs):
            refuse_uncomparable(expansion, plan)
        make_runs(expansion, plan.runs)


def make_tuning(expansion: Expansion, before_making: Callable[[], None] = lambda: None) -> list[Planned]:
    """The runs that follow a plan's tuning, whose own runs are made first; ends the command where nothing can be chosen."""
    ended: dict[str, Outcome] = {}

    def make_lacking(runs: Sequence[Planned]) -> None:  # each once, though an edge has all looked at again
        lacking = [run for run in lacking_of(runs) if run.folder not in ended]
        if lacking and not ended:
            refuse_uncomparable_finals(expansion)
        ended.update(train(expansion, lacking))

    settled = settle(expansion, make_lacking, before_making=before_making)
    if ended or settled.tuned.lacking:
        show(expansion, [one.run for one in settled.tuned.tried], ended)
    tell_tuning(make_console(), settled)
    if not settled.final:
        sys.exit(1)
    write_tuning(settled, Path(settled.final[0].folder).parent)
    return settled.final


def make_runs(expansion: Expansion, runs: Sequence[Planned]) -> None:
    """What these runs lack, a table of them, and the comparison of each folder that they lie in."""
    outcomes = show(expansion, runs, train(expansion, lacking_of(runs)))
    if any(outcome.status not in ("done", "kept") for outcome in outcomes):
        sys.exit(1)


def lacking_of(runs: Sequence[Planned]) -> list[Planned]:
    """Those that there is something to do for."""
    states = [look(Path(run.folder), run.evaluations) for run in runs]
    return [run for run, state in zip(runs, states, strict=True) if will(run, state) not in ("keep", "leave failed")]


def show(expansion: Expansion, runs: Sequence[Planned], ended: dict[str, Outcome]) -> list[Outcome]:
    """A table of how each run ended or lies there, and the comparison of each folder that they lie in."""
    outcomes = [ended.get(run.folder) or as_it_lies(run) for run in runs]
    config, _ = expansion.compose(runs[0].words)
    mirror = make(config["logger"], "logger")
    for outcome in outcomes:
        mirror_ended(outcome.folder, mirror)
    closing_table(outcomes, mirror)
    for folder in dict.fromkeys(Path(run.folder).parent for run in runs):
        show_comparison(folder, {name: config[name] for name in ("compare", "logger", "question")})
    return outcomes


def show_comparison(folder: Path, asked: Config) -> None:
    """Compare the runs of a folder; where nothing has changed since that was done, say again what was said."""
    digest = made_from(folder, asked)
    if said := recall(folder, digest):
        print(said, end="")
        return
    from wordorder.comparing import compare_folder  # draws, for which nothing else need wait

    remember(folder, digest, compare_folder(folder, asked["compare"], asked["logger"], question=asked["question"]))


def train(expansion: Expansion, runs: Sequence[Planned]) -> dict[str, Outcome]:
    """Have runs trained; how each ended, by its folder. A stop that was asked for ends the command."""
    if not runs:
        return {}
    try:
        return launch(expansion, runs)
    except (Interrupted, KeyboardInterrupt):
        say_how_to_go_on()


def launch(expansion: Expansion, runs: Sequence[Planned]) -> dict[str, Outcome]:
    """Hand runs to the launcher, or to this machine's pool."""
    said = f"under {', '.join(dict.fromkeys(str(Path(run.folder).parent) for run in runs))}"
    if expansion.launch is not None:
        print(f"{len(runs)} runs {said}", flush=True)
        expansion.launch(runs)
        return {run.folder: as_it_ended(run) for run in runs}
    config, _ = expansion.compose(runs[0].words)
    begin(config)
    cards = share_cards(runs, find_cards)
    n_jobs = at_once(runs, expansion, cards=cards)
    import_late(["wordorder.comparing", *make(config["logger"], "logger").imports])
    print(f"{len(runs)} runs, {n_jobs} at a time, {said}", flush=True)
    tasks = [
        Task(*expansion.compose(run.words), Path(run.folder), tuple(run.words), keeping.since(run.rerun))
        for run in runs
    ]
    with ThreadPoolExecutor(max_workers=1) as mirrors:  # of runs that have ended, closed while others train

        def mirror(task: Task) -> None:
            mirrors.submit(mirror_ended, task.folder, make(task.config["logger"], "logger"))

        return {str(one.folder): one for one in run_all(tasks, n_jobs=n_jobs, cards=cards, on_end=mirror)}


def share_cards(runs: Sequence[Planned], find: Callable[[], list[str]]) -> list[str]:
    """The cards that the runs are divided among, in groups where a run trains on several."""
    asking = [run for run in runs if run.device != "cpu"]
    cards = find() if asking else []
    return group_cards(cards, max(run.devices or len(cards) for run in asking)) if cards else []


def at_once(runs: Sequence[Planned], expansion: Expansion, *, cards: Sequence[str]) -> int:
    """How many go side by side in this machine's pool."""
    threads = max(run.threads for run in runs)
    return min(len(runs), count_jobs(expansion.n_jobs, threads, cards=len(cards), runs_per_gpu=expansion.runs_per_gpu))


def import_late(names: Sequence[str]) -> None:
    """Import what is needed when the runs are done while these train; what cannot be imported says so when it is used."""

    def import_all() -> None:
        for name in names:
            with suppress(Exception):
                import_module(name)

    threading.Thread(target=import_all, name="imports", daemon=True).start()


def as_it_lies(run: Planned) -> Outcome:
    """Of a run that was left as it was."""
    facts = read_run(Path(run.folder))
    code = (run.code[0], run.code[1])
    said = keeping.reason_to_keep(facts, rerun=run.rerun, evaluations=run.evaluations, code=code)
    return Outcome(Path(run.folder), "failed" if facts["status"] == "failed" else "kept", said)


def as_it_ended(run: Planned) -> Outcome:
    """Of a run that another launcher was given: its folder tells."""
    folder = Path(run.folder)
    state = look(folder, run.evaluations)
    if state.name == "done":
        return Outcome(folder, "done")
    if state.name == "failed":
        return Outcome(folder, "failed", state.facts["reason"])
    return Outcome(folder, "interrupted", f"{MEANING[state.name]}; the same command goes on with it")
