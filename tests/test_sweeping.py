"""What is typed after sweep.py: the plan is that of train.py, a stale one is never used, and nothing is done unasked."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import plans
import pytest
import runs

from wordorder import command, commands, making, sweeping
from wordorder.sweep import planning

SWEEP = ["-m", "seed=0,1"]


@pytest.fixture
def ask(here, capsys) -> Callable[..., str]:
    """ask("plan", "seed=1") -> what is said; an error's sentence with its exit code in front."""

    def typed(*words: str) -> str:
        before, sys.argv = sys.argv, ["scripts/sweep.py", *words]
        try:
            sweeping.main()
        except SystemExit as stopped:
            return f"{stopped.code} {capsys.readouterr().err}"
        finally:
            sys.argv = before
        return capsys.readouterr().out

    return typed


@pytest.fixture
def makings(monkeypatch) -> list[int]:
    """The number of runs of each plan that was made and not read."""
    made, make = [], planning.make_plan

    def counted(expansion):
        made.append(len(expansion.points))
        return make(expansion)

    monkeypatch.setattr(planning, "make_plan", counted)
    return made


def folders(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("  start: ")]


def test_a_plan_names_the_folders_that_training_would_use(ask, compose_config):
    jobs = [runs.make_job(compose_config, {"seed": seed}) for seed in (0, 1)]
    assert folders(ask("plan", *runs.words(), *SWEEP)) == [str(job.folder) for job in jobs]
    assert folders(ask("plan", *runs.words(), "seed=1")) == [str(jobs[1].folder)]
    assert [path.name for path in Path("outputs").iterdir()] == [".plans"]


def test_an_experiment_s_plan_is_expanded_as_in_training(ask, here):
    words = [word for word in runs.words() if not word.startswith(("position=", "evaluation"))]
    text = ask("plan", "experiment=swap", *words, "seed=0", "position=rope,none")
    names = [Path(folder).name.rpartition("-")[0] for folder in folders(text)]
    assert names == ["rope-byte-text_file-s0", "none-byte-text_file-s0"]
    assert {Path(folder).parent.name for folder in folders(text)} == {"swap"}


def test_a_plan_is_made_once_and_read_after_that(ask, makings):
    first = ask("plan", *runs.words(), *SWEEP)
    assert ask("plan", *runs.words(), *SWEEP) == first
    ask("status", *runs.words(), *SWEEP)
    assert makings == [2]


def test_other_words_have_a_plan_of_their_own(ask, makings):
    one = ask("plan", *runs.words(), *SWEEP)
    other = ask("plan", *runs.words(), *SWEEP, "optimizer.lr=0.5")
    assert not set(folders(one)) & set(folders(other))
    assert makings == [2, 2] and len(list(Path("outputs/.plans").iterdir())) == 2
    assert ask("plan", *runs.words(), *SWEEP) == one and makings == [2, 2]


def test_another_text_is_another_plan(ask, makings, here):
    one = ask("plan", *runs.words(), *SWEEP)
    runs.write_text(here / "my.txt", seed=1)
    other = ask("plan", *runs.words(), *SWEEP)
    assert makings == [2, 2] and not set(folders(one)) & set(folders(other))
    runs.write_text(here / "my.txt")
    assert ask("plan", *runs.words(), *SWEEP) == one


def write_rate(here: Path, rate: str) -> list[str]:
    """An optimizer's yaml with this learning rate, and the words that choose it."""
    (here / "conf" / "optimizer").mkdir(parents=True, exist_ok=True)
    (here / "conf" / "optimizer" / "mine.yaml").write_text(f"defaults: [adamw, _self_]\nlr: {rate}\n")
    return [*runs.words(), f"hydra.searchpath=[file://{here}/conf]", "optimizer=mine"]


def test_an_edited_yaml_is_another_plan(ask, makings, here):
    one = ask("plan", *write_rate(here, "0.5"))
    assert ask("plan", *write_rate(here, "0.5")) == one and makings == [1]
    other = ask("plan", *write_rate(here, "0.25"))
    assert len(folders(one)) == len(folders(other)) == 1 and folders(one) != folders(other) and makings == [1, 1]


def test_a_config_that_reads_the_environment_is_composed_each_time(ask, makings, here, monkeypatch):
    words = write_rate(here, "${oc.decode:${oc.env:RATE}}")
    seen = []
    for rate in ("0.5", "0.25"):
        monkeypatch.setenv("RATE", rate)
        seen += folders(ask("plan", *words))
    assert len(set(seen)) == 2 and makings == [1, 1]


@pytest.mark.parametrize("word", ["optimizer.lr=fast", "experiment=swp", "seed=0,1"])
def test_what_training_refuses_is_refused_in_its_words(word, ask, capsys):
    said = ask("plan", *runs.words(), word)
    assert runs.typed("train", *runs.words(), word) == 1
    assert said == f"1 {capsys.readouterr().err}" and said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say first what is asked of the sweep: plan, status, show, retry, prune"),
        (["experiment=quickstart"], "say first what is asked of the sweep"),
        (["stats", "experiment=quickstart"], "stats cannot be asked of a sweep: did you mean status?"),
        (["plan", "hydra/sweeper=basic"], "hydra/sweeper=basic is not for sweep.py"),
        (["show"], "show takes one word, a run's folder"),
        (["show", "run=outputs/x", "seed=1"], "show takes one word, a run's folder"),
        (["show", "run=outputs/x"], "run=outputs/x is no run folder"),
        (["prune", "position=rope"], "prune needs experiment=NAME"),
        (["prune", "experiment=quickstart", "yes=maybe"], "yes=maybe must be true or false, once"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_sentence(words, said, ask):
    answer = ask(*words)
    assert answer.startswith(f"1 wordorder: {said}") and answer.count("\n") == 1


def test_a_baseline_that_is_no_arm_is_refused_of_a_plan_that_is_kept_too(ask, makings):
    words = [*runs.words(), "-m", "seed=0,1", "optimizer.lr=0.25,0.5"]
    refused = (
        "1 wordorder: compare.baseline=learned: no such arm; choose one of: optimizer.lr=0.25; optimizer.lr=0.5, or"
    )
    for _ in range(2):
        assert ask("plan", *words, "compare.baseline=learned").startswith(refused)
    assert makings == [4] and len(folders(ask("plan", *words, "compare.baseline=optimizer.lr=0.5"))) == 4


def test_a_baseline_of_final_runs_is_refused_before_they_are_tuned(ask):
    words = [word for word in runs.words() if not word.startswith("position=")]
    typed = ["experiment=tuned", *words, "position=rope,alibi", "plan.final.seed=[0,1]"]
    assert "compare.baseline=none: no such arm; choose one of: alibi; rope, or" in ask("plan", *typed)
    assert folders(ask("plan", *typed, "compare.baseline=rope"))


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["plan", "--help"]])
def test_help_names_every_verb(words, ask):
    text = ask(*words)
    assert all(f"\n  {verb} " in text for verb in sweeping.VERBS) and "sweep.py plan experiment=quickstart" in text


def test_once_a_plan_is_there_torch_is_not_imported(ask):
    ask("plan", *runs.words(), *SWEEP)
    for verb in ("plan", "status"):
        code = f"import sys; sys.argv = ['sweep.py', *{[verb, *runs.words(), *SWEEP]}]; from wordorder import sweeping"
        code += "; sweeping.main(); print(*{name.split('.')[0] for name in sys.modules})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "2" in done.stdout and not {"torch", "lightning", "datasets"} & set(done.stdout.splitlines()[-1].split())


def spoil(folder: str, facts: dict) -> None:
    """A run's folder with these facts."""
    plans.write_run(Path(folder), facts)


def plan_of(ask: Callable[..., str], *words: str) -> list[str]:
    return folders(ask("plan", *runs.words(), *words))


def test_only_what_failed_is_tried_again_and_recorded_as_training(ask, monkeypatch):
    first, second, third = plan_of(ask, "-m", "seed=0,1,2")
    spoil(first, plans.RUNNING)
    spoil(second, plans.FAILED)
    trained = []
    noted = lambda sweep, asked: trained.append((sweep, asked, sweep.compose(asked[0].words), list(sys.argv)))  # noqa: E731
    monkeypatch.setattr(sweeping, "make_runs", noted)
    ask("retry", *runs.words(), "-m", "seed=0,1,2", "hydra.launcher.n_jobs=3")
    ((expansion, (run,), (values, _), typed),) = trained
    assert (values["seed"], values["rerun"], run.rerun, run.folder) == (1, "failed", "failed", second)
    assert expansion.n_jobs == 3 and typed[0] == "scripts/train.py"
    assert typed[-2:] == ["hydra.launcher.n_jobs=3", "rerun=failed"]  # so what a stop left is gone on with
    assert "make again, as rerun= asks     1" in ask("plan", *runs.words(), "-m", "seed=0,1,2", "rerun=failed")


@pytest.mark.parametrize(
    ("script", "trains"), [("a/sweep.py", ["a/train.py", "x=1"]), ("bin/wordorder", ["bin/wordorder", "train", "x=1"])]
)
def test_the_command_that_trains_is_named_as_this_one_was(script, trains, monkeypatch):
    monkeypatch.setattr(sys, "argv", [script])
    assert sweeping.train_words(["x=1"]) == trains


def test_where_nothing_failed_nothing_is_trained(ask, monkeypatch):
    (only,) = plan_of(ask)
    spoil(only, plans.RUNNING)
    monkeypatch.setattr(sweeping, "make_runs", None)
    assert ask("retry", *runs.words()).strip() == "nothing has failed"


def test_a_single_run_that_failed_is_tried_again(ask, monkeypatch):
    (only,) = plan_of(ask)
    spoil(only, plans.FAILED)
    trained = []
    monkeypatch.setattr(
        sweeping, "make_runs", lambda sweep, asked: trained.extend(sweep.compose(r.words) for r in asked)
    )
    ask("retry", *runs.words())
    ((values, choices),) = trained
    assert values["rerun"] == "failed" and choices["position"] == "learned"


@pytest.mark.parametrize("launcher", ["basic", "joblib", "submitit_slurm"])
def test_any_launcher_is_planned_for_and_only_the_pool_says_how_many_at_a_time(launcher, ask):
    words = [*runs.words(), "-m", "seed=0,1,2"]
    spoil(folders(ask("plan", *words))[0], plans.DONE)  # in 100 seconds, as the two others will be
    for verb in ("plan", "status"):
        pool = ask(verb, *words, "hydra.launcher.n_jobs=2")
        told = ask(verb, *words, f"hydra/launcher={launcher}")
        assert "about 2 min of training, 2 at a time" in pool
        assert "about 3 min of training in all" in told and folders(told) == folders(pool)


@pytest.fixture
def trained(monkeypatch) -> list[tuple]:
    """What a launcher has trained, as the command that trains would be asked."""
    seen = []

    def train(config):
        values, _ = command.plain(config)
        seen.append((values["seed"], values["rerun"], sys.argv[0]))

    monkeypatch.setattr(commands, "train", train)
    monkeypatch.setattr(making, "show", lambda expansion, asked, ended: list(ended.values()))
    return seen


def test_what_failed_is_handed_to_the_launcher_that_was_chosen(ask, trained):
    words = [*runs.words(), "-m", "seed=0,1,2", "hydra/launcher=basic"]
    for folder in folders(ask("plan", *words))[1:]:
        spoil(folder, plans.FAILED)
    said = ask("retry", *words)
    assert trained == [(1, "failed", "scripts/train.py"), (2, "failed", "scripts/train.py")]
    assert said.startswith("1 ")  # they are still failed as they lie there, for nothing was trained


def test_what_goes_on_with_a_retry_tries_the_failed_again_whatever_rerun_was_typed(ask, monkeypatch):
    asked = []
    monkeypatch.setattr(sweeping, "make_runs", lambda *_: asked.append(sys.argv[:]))
    (only,) = plan_of(ask)
    spoil(only, plans.FAILED)
    ask("retry", "rerun=stale", *runs.words())
    assert asked == [["scripts/train.py", *runs.words(), "rerun=failed"]]


def test_a_plan_says_what_its_seeds_can_show(ask):
    small = [word for word in runs.words() if not word.startswith("position=")]
    words = [*small, "-m", "position=rope,none,learned", "seed=0,1,2,3"]
    assert "noise: not measured yet; experiment=noise measures it" in ask("plan", *words)
    assert "noise: " not in ask("plan", *small, "-m", "position=rope", "seed=0,1,2,3")
    by_arm = {}
    for folder in folders(ask("plan", *words)):
        by_arm.setdefault(Path(folder).name.partition("-")[0], []).append(Path(folder))
    planned = {
        run["folder"]: run for file in Path("outputs/.plans").iterdir() for run in json.loads(file.read_text())["runs"]
    }
    for arm, slope in (("rope", 0.0), ("none", 0.1)):
        for seed, folder in enumerate(by_arm[arm][:3]):
            asked = planned[str(folder)]["evaluations"]
            spoil(str(folder), plans.DONE | {"seeds": {"weight": seed, "data": seed}, "evaluations": asked})
            row = {"evaluation_id": asked["bits_per_byte"], "metric": "bits_per_byte", "value": 2.0 + slope * seed}
            (folder / "scores.jsonl").write_text(json.dumps(row) + "\n")
    said = ask("plan", *words)
    assert "noise: sd of paired differences 0.1 bits per byte (pooled over 2 arms of this plan, 6 runs)" in said
    assert "with the 4 seeds planned an effect of 0.27" in said and "at 0.05 / 2" in said


def test_a_run_is_shown(ask):
    (only,) = plan_of(ask)
    spoil(only, plans.FAILED)
    assert "status: failed" in ask("show", f"run={only}")
    assert f"did you mean {only}?" in ask("show", f"run={only}x")


def test_pruning_lists_and_with_yes_removes_what_is_not_planned_and_not_held(ask):
    words = [word for word in runs.words() if not word.startswith("position=")]
    (kept,) = folders(ask("plan", "experiment=swap", *words, "position=rope", "seed=0"))
    at = Path(kept).parent
    spoil(kept, plans.DONE)
    old = plans.write_run(at / "old", plans.DONE)
    (old / "weights").write_bytes(bytes(3 * 2**20))
    busy = plans.write_run(at / "busy", plans.RUNNING, holder="alive")
    prune = ["prune", "experiment=swap", *words, "position=rope", "seed=0"]
    for asked in (prune, [*prune, "yes=false"]):
        text = ask(*asked)
        assert f"{old}: 3.0 MB\n" in text and f"{busy}: kept, a process is at it\n" in text and kept not in text
        assert "3.0 MB would be freed" in text and old.exists()
    assert "3.0 MB freed" in ask(*prune, "yes=true")
    assert not old.exists() and busy.exists() and Path(kept).exists()
    assert json.loads((busy / "run.json").read_text()) == plans.RUNNING


TUNED = ["experiment=tuned", "~plan.grid", "optimizer.lr=0.001,0.004", "plan.tune.extend=1", "plan.final.seed=[0,1]"]
TUNED += ["compare.baseline="]


@pytest.fixture
def tuned(ask) -> Callable[..., str]:
    """tuned("plan") -> what is said of a plan of one scheme that tunes two learning rates, of which one may be added."""
    small = [word for word in runs.words() if not word.startswith("position=")]
    return lambda verb, *more: ask(verb, *TUNED, "position=learned", *small, *more)


def end_tuning(facts: dict, bits: float) -> list[str]:
    """The names of the tuning runs that had not begun, now with these facts, and if they are done with these bits."""
    planned = [run for file in Path("outputs/.plans").iterdir() for run in json.loads(file.read_text())["runs"]]
    ended = []
    for run in planned:
        folder = Path(run["folder"])
        if folder.parent.name != "tuned_tune" or folder.exists():
            continue
        own = {"evaluations": run["evaluations"], "code": run["code"][0], "shelf_code": run["code"][1]}
        plans.write_run(folder, facts | own)
        row = {"evaluation_id": run["evaluations"]["bits_per_byte"], "metric": "bits_per_byte", "value": bits}
        (folder / "scores.jsonl").write_text(json.dumps(row) + "\n")
        ended.append(folder.name)
    return ended


def test_the_stages_of_a_plan_are_told_as_far_as_they_are_known_and_pruning_spares_all_of_them(tuned):
    first = folders(tuned("plan"))
    assert len(first) == 2 and {Path(folder).parent.name for folder in first} == {"tuned_tune"}
    assert "2 final runs follow when tuning is done; 2 tuning runs have no answer yet" in tuned("status")
    assert tuned("prune").startswith("1 wordorder: prune must wait for the tuning")
    assert len(end_tuning(plans.DONE, 2.0)) == 2  # both alike: the smaller is chosen, at the edge
    (third,) = folders(tuned("plan"))
    assert "2 final runs follow when tuning is done; 1 tuning run" in tuned("status")
    assert (
        tuned("prune", "yes=true").startswith("1 wordorder: prune must wait") and len(end_tuning(plans.DONE, 1.0)) == 1
    )
    told = tuned("plan")
    assert [Path(folder).parent.name for folder in folders(told)] == ["tuned"] * 2
    assert "OPTIMUM AT THE EDGE OF THE GRID: optimizer.lr=0.00025" in told
    assert "planned         5" in tuned("status")
    plans.write_run(Path("outputs/tuned_tune/old"), plans.DONE)
    assert "old: 0.0 MB, removed" in tuned("prune", "yes=true")
    assert {path.name for path in Path("outputs/tuned_tune").iterdir()} == {Path(one).name for one in [*first, third]}


def test_a_tuning_run_that_diverged_is_not_tried_again_and_one_that_crashed_is(tuned, monkeypatch):
    asked = []
    monkeypatch.setattr(sweeping, "make_runs", lambda sweep, failed: asked.extend(run.name for run in failed))
    tuned("plan")
    names = end_tuning(plans.FAILED | {"diverged": True}, 0.0)
    assert len(names) == 2 and "start" in tuned("plan")
    crashed = end_tuning(plans.FAILED, 0.0)
    assert "2 final runs follow when tuning is done; 1 tuning run" in tuned("status")
    tuned("retry")
    assert asked == crashed and len(crashed) == 1
