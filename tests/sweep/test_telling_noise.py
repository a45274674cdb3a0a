"""The lines on chance: published sizes of effect, how many arms are compared, and the right thing where nothing is known."""

import json
from pathlib import Path

import pytest
from plans import DONE, planned, write_run
from rich.console import Console

from wordorder.compare.noise import Noise
from wordorder.compare.power import find_power
from wordorder.sweep.noise import Floor
from wordorder.sweep.state import look
from wordorder.sweep.telling_noise import tell_noise, write_floor, write_power


@pytest.fixture
def tell(tmp_path):
    """tell(looked, n_arms=.., n_seeds=..) -> what it prints; experiments lie in tmp_path."""

    def told(looked, *, n_arms=2, n_seeds=3) -> str:
        console = Console(width=140, record=True, file=(tmp_path / "printed").open("w"))
        tell_noise(console, looked, n_arms=n_arms, n_seeds=n_seeds, output_dir=tmp_path)
        return console.export_text()

    return told


def missing(folder: Path, **changed):
    return [(planned(folder, **changed), look(folder, {}))]


def test_the_effect_that_seeds_find_is_that_of_the_table_of_power():
    floor = Floor(0.010, 2.0, "")
    # two-sided paired t-test with power .8: 3 seeds find 3.26 sd at .05, and 6.55 sd at .0125
    assert "with the 3 seeds planned an effect of 0.0326 is found" in write_power(floor, n_seeds=3, n_compared=1)
    said = write_power(floor, n_seeds=3, n_compared=4)
    assert "an effect of 0.0655 is found with power 0.8" in said and "at 0.05 / 4" in said


def test_the_seeds_that_the_margin_takes_are_the_fewest():
    said = write_power(Floor(0.010, 2.0, ""), n_seeds=3, n_compared=1)
    assert "0.5 % of the bits per byte (0.01) takes 10" in said
    assert find_power(0.01, 9, sd=0.01) < 0.8 <= find_power(0.01, 10, sd=0.01)


@pytest.mark.parametrize(("n_seeds", "seeds"), [(1, "1 seed"), (2, "2 seeds")])
def test_too_few_seeds_show_nothing(n_seeds, seeds):
    said = write_power(Floor(0.010, 2.0, ""), n_seeds=n_seeds, n_compared=1)
    assert said.startswith(f"with {seeds} planned no effect is tested, which takes 3; ") and "takes 10" in said


def test_one_scheme_gives_a_bound_and_says_so():
    noise = Noise(9, 2.0, 0.0025, 0.0010, 0.0034)
    bound, components = write_floor(Floor(0.05, 2.0, "9 runs", noise))
    assert (
        "at most 0.05 bits per byte" in bound
        and "where no seed helps one scheme and harms another" in bound
        and bound.endswith("(9 runs)")
    )
    assert "sd over weight seeds 0.049, over data seeds 0.03, left over 0.01 " in components
    assert write_floor(Floor(0.05, 2.0, "6 runs")) == ["sd of paired differences 0.05 bits per byte (6 runs)"]
    (bound,) = write_floor(Floor(0.05, 2.0, "", Noise(3, 2.0, None, None, 0.1)))
    assert "at most" in bound


def test_where_nothing_is_known_one_line_says_what_measures_it(tell, tmp_path):
    said = tell(missing(tmp_path / "x" / "a"))
    assert said.startswith("noise: not measured yet; experiment=noise measures it") and said.count("\n") == 1
    assert tell([]) == said  # the runs that follow a tuning


def test_what_compares_nothing_by_bits_per_byte_hears_nothing(tell, tmp_path):
    assert tell(missing(tmp_path / "x" / "a"), n_arms=1) == ""
    assert tell(missing(tmp_path / "x" / "a", evaluations={"exact_match": "e"})) == ""
    assert tell(missing(tmp_path / "noise" / "a"), n_arms=1) == ""


def add_runs(folder: Path, arms: dict[str, list[float]]):
    """Runs that are done, seed by seed."""
    looked = []
    for arm, values in arms.items():
        for seed, bits in enumerate(values):
            run = write_run(folder / f"{arm}{seed}", DONE | {"seeds": {"weight": seed, "data": seed}})
            row = {"evaluation_id": "e1", "metric": "bits_per_byte", "value": bits}
            (run / "scores.jsonl").write_text(json.dumps(row) + "\n")
            looked.append((planned(run, arm=arm), look(run, {"bits_per_byte": "e1"})))
    return looked


def test_a_plan_s_own_arms_go_before_the_noise_experiment(tell, tmp_path, monkeypatch):
    monkeypatch.setattr("wordorder.sweep.telling_noise.noise_floor", lambda folder: pytest.fail("not asked"))
    said = tell(add_runs(tmp_path / "x", {"a": [2.0, 2.0, 2.0], "b": [2.1, 2.2, 2.3]}))
    assert "noise: sd of paired differences 0.1 bits per byte" in said
    assert "an effect of 0.326 is found" in said and "at most" not in said


def test_differences_that_never_vary_take_no_power(tell, tmp_path):
    said = tell(add_runs(tmp_path / "x", {"a": [2.0, 2.0, 2.0], "b": [2.5, 2.5, 2.5]}))
    assert said.startswith("noise: sd of paired differences 0 bits per byte") and said.count("\n") == 1


def test_the_noise_experiment_tells_what_it_found_though_it_compares_nothing(tell, tmp_path, monkeypatch):
    found = Floor(0.05, 2.0, "9 runs", Noise(9, 2.0, 0.0025, 0.0010, 0.0034))
    monkeypatch.setattr("wordorder.sweep.telling_noise.noise_floor", lambda folder: found)
    said = tell(missing(tmp_path / "noise" / "a"), n_arms=1, n_seeds=9)
    assert said.count("noise: ") == 2 and "over weight seeds" in said and "power" not in said
