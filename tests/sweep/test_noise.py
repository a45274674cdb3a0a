"""What differences vary by is taken from runs that are done, each held against its own arm, and from nothing else."""

import json

import pytest
import yaml
from plans import DONE, EVALUATIONS, planned, write_run

from wordorder.identity import TRAINING_SECTIONS
from wordorder.sweep.noise import noise_floor, own_floor
from wordorder.sweep.state import look


@pytest.fixture
def add(tmp_path):
    """add(name, weight, data, bits, ...): a run's folder; `lr` is of its config, `evaluation` the identity that was asked."""

    def one(name, weight, data, bits, *, lr=0.1, evaluation="e1", **facts):
        own = {"seeds": {"weight": weight, "data": data}, "training": "t", "tokens": 700_000}
        own |= {"choices": {"position": "rope", "model": "nano"}, "evaluations": {"bits_per_byte": evaluation}}
        folder = write_run(tmp_path / name, DONE | own | facts)
        sections = dict.fromkeys((*TRAINING_SECTIONS, "source"), {}) | {"optimizer": {"lr": lr}, "weight_seed": weight}
        sections["initialize_from"] = ""
        (folder / "config.yaml").write_text(yaml.safe_dump(sections))
        rows = [
            ("e1", "bits_per_byte_with_end", 9.0),
            ("e0", "bits_per_byte", 8.0),
            (evaluation, "bits_per_byte", bits),
        ]
        keys = ("evaluation_id", "metric", "value")
        (folder / "scores.jsonl").write_text("".join(json.dumps(dict(zip(keys, r, strict=True))) + "\n" for r in rows))
        return folder

    return one


def test_the_noise_experiment_bounds_differences(add, tmp_path):
    for name, seed, bits in (("a", 0, 2.0), ("b", 1, 2.1), ("c", 2, 2.3)):
        add(f"noise/{name}", seed, seed, bits)
    add("noise/failed", 3, 3, 99.0, status="failed", reason="it was")
    add("noise/diverged", 4, 4, None)
    add("noise/pretrained", 5, 5, 7.0).joinpath("run.json").write_text(json.dumps({"status": "done"}))
    floor = noise_floor(tmp_path / "noise")
    assert floor.deviation == pytest.approx(((0.01 + 0.04 + 0.09) / 3) ** 0.5) and floor.mean == pytest.approx(6.4 / 3)
    assert floor.source == f"3 runs of {tmp_path / 'noise'}: rope, nano, 700,000 tokens"
    assert floor.noise.components is None


def test_runs_of_other_settings_or_other_questions_are_not_held_against_each_other(add, tmp_path):
    for seed in (0, 1):
        add(f"noise/a{seed}", seed, seed, 2.0 + 0.1 * seed)
        add(f"noise/b{seed}", seed, seed, 5.0 + 0.1 * seed, lr=0.2)
        add(f"noise/c{seed}", seed, seed, 9.0 + 0.1 * seed, evaluation="e2")
    assert noise_floor(tmp_path / "noise").deviation == pytest.approx(0.1)


def test_too_little_noise_is_none(add, tmp_path):
    assert noise_floor(tmp_path / "noise") is None
    add("noise/a", 0, 0, 2.0)
    add("noise/b", 1, 1, 2.1)
    assert noise_floor(tmp_path / "noise") is None  # two runs
    for seed in range(3):
        add(f"alone/{seed}", seed, 0, 2.0)
    assert noise_floor(tmp_path / "alone") is None  # all of one data seed


def test_a_plan_s_own_arms_tell_once_they_have_three_seeds_in_common(add, tmp_path):
    looked = []
    for arm, offsets in (("a", (0.0, 0.0, 0.0)), ("b", (0.1, 0.2, 0.3))):
        for seed, offset in enumerate(offsets):
            assert own_floor(looked) is None
            folder = add(f"x/{arm}{seed}", seed, seed, 2.0 + seed + offset)
            looked.append((planned(folder, arm=arm), look(folder, EVALUATIONS)))
    missing = planned(tmp_path / "x" / "b3", arm="b")
    floor = own_floor([*looked, (missing, look(tmp_path / "x" / "b3", EVALUATIONS))])
    assert floor.deviation == pytest.approx(0.1) and floor.mean == pytest.approx(3.1) and floor.noise is None
    assert "2 arms of this plan, 6 runs" in floor.source


def test_runs_that_share_both_seeds_count_once_with_their_mean_and_none_is_lost(add, tmp_path):
    looked = []
    for arm, offsets in (("a", (0.0, 0.0, 0.0)), ("b", (0.1, 0.2, 0.3))):
        for seed, offset in enumerate(offsets):
            for half, shift in enumerate((0.4, -0.4)):  # as children of two parents
                folder = add(f"noise/{arm}{seed}{half}", seed, seed, 2.0 + offset + shift, lr=ord(arm))
                looked.append((planned(folder, arm=arm), look(folder, EVALUATIONS)))
    floor = own_floor(looked)
    assert floor.deviation == pytest.approx(0.1) and floor.mean == pytest.approx(2.1)
    assert "2 arms of this plan, 12 runs" in floor.source
    bound = noise_floor(tmp_path / "noise")
    assert bound.deviation == pytest.approx((0.06 / 6) ** 0.5)  # a: 0, 0, 0; b: .01, .01, .04
    assert bound.source.startswith("12 runs of ")
