"""What is chosen follows from the run folders: the lowest mean of validation; more values at an edge; then the final runs."""

import json
import shutil
from math import inf
from pathlib import Path

import plans
import pytest
import tuned

from wordorder.errors import InputError
from wordorder.sweep.stages import Arm
from wordorder.sweep.tuning import settle


@pytest.fixture
def follow(tmp_path, monkeypatch):
    """follow(stages, bits_of) -> where the plan stands after its runs ended so; without bits_of, as the folders lie."""
    tuned.plan_by_words(monkeypatch, tmp_path)

    def settled(stages, bits_of=None):
        expansion = tuned.expansion_of(stages, tmp_path)
        return settle(expansion, tuned.answering(bits_of)) if bits_of else settle(expansion)

    return settled


def best_at(**best: float):
    """Bits that are least at each scheme's best value."""
    return lambda position, lr, seed: 2.0 + abs(lr - best[position])


def values(settled) -> list[float]:
    return [level.value for level in settled.tuned.levels]


def chosen(settled) -> dict[str, float]:
    return {arm.label.removeprefix("position="): level.value for arm, level in settled.tuned.chosen.items()}


def test_each_arm_has_the_best_of_its_own_and_its_final_runs_follow(follow, tmp_path):
    settled = follow(tuned.stages_of(0.5, 1.0, 2.0, 4.0), best_at(rope=1.0, none=2.0))
    assert chosen(settled) == {"rope": 1.0, "none": 2.0} and not settled.tuned.edges and not settled.tuned.added
    final = [f"rope-1.0-{n}" for n in (0, 1)] + [f"none-2.0-{n}" for n in (0, 1)]
    assert [run.folder for run in settled.final] == [str(tmp_path / "x" / name) for name in final]
    assert len(settled.runs) == 8 + 4 and {Path(run.folder).parent.name for run in settled.runs[:8]} == {"x_tune"}


def test_the_mean_over_the_tuning_seeds_decides(follow):
    bits = {0.5: (3.0, 3.0), 1.0: (1.0, 4.0), 2.0: (2.2, 2.2), 4.0: (3.0, 3.0)}
    settled = follow(tuned.stages_of(*bits, seeds=(100, 101)), lambda _, lr, seed: bits[lr][seed - 100])
    assert chosen(settled) == {"rope": 2.0, "none": 2.0}
    assert settled.tuned.means[tuned.ROPE] == [3.0, 2.5, 2.2, 3.0]


def test_of_equal_values_the_smaller_is_chosen(follow):
    bits = {0.5: 3.0, 1.0: 2.0, 2.0: 2.0, 4.0: 3.0}
    assert chosen(follow(tuned.stages_of(*bits), lambda _, lr, seed: bits[lr])) == {"rope": 1.0, "none": 1.0}


def test_an_optimum_at_the_edge_of_one_arm_adds_a_value_for_all(follow):
    made = []

    def bits_of(position, lr, seed):
        made.append((position, lr))
        return best_at(rope=8.0, none=2.0)(position, lr, seed)

    settled = follow(tuned.stages_of(1.0, 2.0, 4.0), bits_of)
    assert values(settled) == [1.0, 2.0, 4.0, 8.0, 16.0] and chosen(settled) == {"rope": 8.0, "none": 2.0}
    assert not settled.tuned.edges and [level.value for level in settled.tuned.added] == [8.0, 16.0]
    assert sorted(made) == sorted((position, lr) for position in ("rope", "none") for lr in values(settled))


def test_both_ends_are_extended_where_arms_ask_for_both(follow):
    settled = follow(tuned.stages_of(1.0, 2.0, 4.0), best_at(rope=8.0, none=0.5))
    assert values(settled) == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0] and chosen(settled) == {"rope": 8.0, "none": 0.5}


def test_an_optimum_still_at_the_edge_is_chosen_and_reported(follow):
    settled = follow(tuned.stages_of(1.0, 2.0, extend=1), best_at(rope=99.0, none=0.0))
    assert values(settled) == [0.5, 1.0, 2.0, 4.0] and chosen(settled) == {"rope": 4.0, "none": 0.5}
    assert settled.tuned.edges == {tuned.ROPE: "largest", tuned.NONE: "smallest"} and len(settled.final) == 4


def test_values_that_have_no_order_have_no_edge(follow):
    settled = follow(tuned.stages_of("1", "2", "3"), best_at(rope=1.0, none=3.0))
    assert chosen(settled) == {"rope": "1", "none": "3"} and not settled.tuned.edges


def test_whole_numbers_have_edges_that_are_not_extended(follow):
    settled = follow(tuned.stages_of(1, 2, 3), best_at(rope=1.0, none=2.0))
    assert values(settled) == [1, 2, 3] and settled.tuned.edges == {tuned.ROPE: "smallest"}


def test_a_run_that_diverged_is_the_worst_whatever_its_other_seeds_did(follow):
    def bits_of(position, lr, seed):
        return None if (lr, seed) == (2.0, 101) else {1.0: 3.0, 2.0: 0.1, 0.5: 4.0}[lr]

    settled = follow(tuned.stages_of(0.5, 1.0, 2.0, seeds=(100, 101)), bits_of)
    assert chosen(settled) == {"rope": 1.0, "none": 1.0} and settled.tuned.means[tuned.ROPE] == [4.0, 3.0, inf]
    assert len(settled.final) == 4


def test_a_score_that_overflowed_is_the_worst_too(follow, tmp_path):
    stages = tuned.stages_of(1.0, 2.0, 4.0, arms=(tuned.ROPE,))
    for trial, bits in zip(stages.trials(stages.levels), (3.0, 2.0, None), strict=True):
        tuned.answer(plans.planned(tuned.folder_of(trial.words, tmp_path)), bits)
    assert follow(stages).tuned.means[tuned.ROPE] == [3.0, 2.0, inf]


def test_an_arm_that_diverges_everywhere_is_tried_with_smaller_values_and_then_nothing_follows(follow):
    settled = follow(tuned.stages_of(1.0, 2.0, 4.0), lambda p, lr, seed: None if p == "rope" else abs(lr - 2.0))
    assert values(settled) == [0.25, 0.5, 1.0, 2.0, 4.0] and settled.tuned.hopeless == [tuned.ROPE]
    assert settled.final == []


@pytest.mark.parametrize("facts", [None, plans.RUNNING, plans.FAILED], ids=["missing", "interrupted", "crashed"])
def test_while_a_run_has_no_answer_nothing_is_added_or_follows(facts, follow, tmp_path):
    stages = tuned.stages_of(1.0, 2.0, 4.0)
    follow(stages, best_at(rope=16.0, none=2.0))
    folder = tmp_path / "x_tune" / "none-2.0-100"
    shutil.rmtree(folder)
    if facts:
        plans.write_run(folder, facts)
    settled = follow(stages)
    assert [one.run.folder for one in settled.tuned.lacking] == [str(folder)]
    assert settled.final == [] and values(settled) == [1.0, 2.0, 4.0]


def test_the_folders_alone_tell_where_a_plan_stands(follow, tmp_path):
    stages = tuned.stages_of(1.0, 2.0, 4.0)
    made = follow(stages, best_at(rope=8.0, none=4.0))
    assert follow(stages) == made and chosen(made) == {"rope": 8.0, "none": 4.0}
    scores = tmp_path / "x_tune" / "none-4.0-100" / "scores.jsonl"
    rows = [json.loads(line) | {"value": 99.0} for line in scores.read_text().splitlines()]
    scores.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert chosen(follow(stages)) == {"rope": 8.0, "none": 2.0}


def test_arms_that_are_the_same_runs_are_one(follow):
    again = Arm("again", ("other=1", "position=rope"))  # its folders are those of the first
    settled = follow(tuned.stages_of(1.0, 2.0, 4.0, arms=(tuned.ROPE, again, tuned.NONE)), best_at(rope=2.0, none=2.0))
    assert list(settled.tuned.means) == [again, tuned.NONE] and len(settled.final) == 4


def test_a_scored_run_without_its_score_is_told_by_its_folder(follow, tmp_path):
    stages = tuned.stages_of(1.0, 2.0, 4.0)
    follow(stages, best_at(rope=2.0, none=2.0))
    lost = tuned.folder_of(stages.trials(stages.levels)[0].words, tmp_path)
    (lost / "scores.jsonl").unlink()
    with pytest.raises(InputError, match=f"{lost}/scores.jsonl: no bits_per_byte"):
        follow(stages)
