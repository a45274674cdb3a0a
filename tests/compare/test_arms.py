"""An arm is what differs in seeds alone; its label says what else differs, and nothing more."""

from collections.abc import Callable
from pathlib import Path

from wordorder.compare.arms import Arm, flatten_config, make_arms
from wordorder.record.folders import list_runs


def read_arms(lab: Path) -> dict[str, Arm]:
    return {arm.label: arm for arm in make_arms(list_runs(lab))}


def test_seeds_output_logger_and_evaluation_do_not_split_arms(add_run: Callable[..., Path], lab: Path) -> None:
    for seed in (0, 1):
        add_run("rope", seed, config={"evaluation": {"bits_per_byte": {"tokens": seed}}, "source": {"seed": 0}})
        add_run("none", seed)
    arms = read_arms(lab)
    assert list(arms) == ["none", "rope"]
    assert [len(arm.runs) for arm in arms.values()] == [2, 2]


def test_one_arm_is_called_by_its_scheme(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("alibi")
    assert list(read_arms(lab)) == ["alibi"]


def test_grid_over_learning_rates_is_labelled_and_ordered_by_number(add_run: Callable[..., Path], lab: Path) -> None:
    for position in ("rope", "none"):
        for lr in (0.002, 0.0005, 0.01):
            add_run(position, config={"optimizer": {"lr": lr}})
    assert list(read_arms(lab)) == [
        f"{position}, optimizer.lr={lr}" for position in ("none", "rope") for lr in ("0.0005", "0.002", "0.01")
    ]


def test_same_scheme_under_two_settings_names_the_setting(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("none")
    add_run("rope")
    add_run("rope", config={"position": {"theta": 500000.0}})
    assert list(read_arms(lab)) == ["none", "rope, theta=10000", "rope, theta=500000"]


def test_tokenizers_alone_are_called_by_their_names(add_run: Callable[..., Path], lab: Path) -> None:
    for tokenizer in ("bpe", "byte"):
        choices = {"position": "rope", "tokenizer": tokenizer, "source": "python_docs", "model": "nano"}
        add_run("rope", facts={"choices": choices}, config={"tokenizer": {"_target_": f"wordorder.x.{tokenizer}"}})
    assert list(read_arms(lab)) == ["bpe", "byte"]


def test_value_that_names_the_run_folder_is_not_a_setting() -> None:
    config = {"trainer": {"folder": "outputs/lab/rope-s0", "threads": 1}, "data_seed": 0, "output_dir": "x"}
    assert flatten_config(config, run="rope-s0") == {"trainer.threads": 1}


def test_lists_and_empty_sections_are_values() -> None:
    assert flatten_config({"source": {"urls": ["a", "b"], "more": {}}}) == {
        "source.urls": ["a", "b"],
        "source.more": {},
    }


def test_unforeseen_section_separates_arms(add_run: Callable[..., Path], lab: Path) -> None:
    add_run("rope", config={"novelty": {"on": True}})
    add_run("rope", 1, config={"novelty": {"on": False}})
    assert list(read_arms(lab)) == ["novelty.on=false", "novelty.on=true"]


def test_a_seed_inside_a_scheme_makes_no_arm_of_its_own(add_run, lab):
    for seed in (0, 1, 2):
        add_run("rope", seed, config={"position": {"seed": seed}})
    (arm,) = make_arms(list_runs(lab))
    assert len(arm.runs) == 3


def test_a_seed_of_the_text_does(add_run, lab):
    for seed in (0, 1):
        add_run("rope", config={"source": {"seed": seed}})
    assert [arm.label for arm in make_arms(list_runs(lab))] == ["source.seed=0", "source.seed=1"]


def add_child(add_run, parent, seed, name):
    return add_run("rope", seed, name=f"rope-x-s{seed}-{name:08x}", config={"initialize_from": str(parent)})


def test_parents_that_differ_in_their_seed_are_one(add_run, lab):
    for seed in (0, 1):
        parent = add_run("none", seed, name=f"none-x-s{seed}-0000000{seed}")
        add_child(add_run, parent, seed, 7 + seed)
    assert sorted(len(arm.runs) for arm in make_arms(list_runs(lab))) == [2, 2]


def test_parents_that_differ_in_a_number_are_two_also_as_grandparents(add_run, lab):
    for n, lr in enumerate((0.001, 0.03)):
        first = add_run("none", name=f"none-x-s0-0000000{n}", config={"optimizer": {"lr": lr}})
        add_child(add_run, add_child(add_run, first, 0, 7 + n), 1, 70 + n)
    arms = make_arms(list_runs(lab))
    assert [len(arm.runs) for arm in arms] == [1] * 6 and len({arm.label for arm in arms}) == 6


def test_parents_that_are_gone_are_two_by_their_names(add_run, lab):
    for n in (0, 1):
        add_run("rope", config={"initialize_from": f"outputs/first/none-x-s0-0000000{n}"})
    labels = [f"initialize_from=first/none-x-s0-0000000{n}" for n in (0, 1)]
    assert [arm.label for arm in make_arms(list_runs(lab))] == labels


def test_what_was_tuned_for_each_arm_is_no_part_of_its_label_unless_it_alone_sets_two_apart(add_run):
    folders = [add_run("none", 0), add_run("rope", 0, config={"optimizer": {"lr": 0.004}})]
    assert [arm.label for arm in make_arms(folders, tuned="optimizer.lr")] == ["none", "rope"]
    folders.append(add_run("rope", 1))
    assert [arm.label for arm in make_arms(folders, tuned="optimizer.lr")] == [
        "none, optimizer.lr=0.001",
        "rope, optimizer.lr=0.001",
        "rope, optimizer.lr=0.004",
    ]
