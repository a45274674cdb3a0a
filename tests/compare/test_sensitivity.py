"""A line runs over arms that differ in the one number alone, and its best value is marked."""

import json

import pytest

from wordorder.compare.comparison import compare
from wordorder.compare.sensitivity import Sensitivity

RATES = (0.0005, 0.001, 0.002)


def read_rings(figure):
    """x -> y of the marked values."""
    rings = [line for line in figure.axes[0].get_lines() if line.get_markerfacecolor() == "none"]
    return {float(*ring.get_xdata()): float(*ring.get_ydata()) for ring in rings}


@pytest.fixture
def comparison(add_run, lab):
    """Two schemes, three rates, two seeds; rope is best at .001, none at .002."""
    for position, best in (("none", 0.002), ("rope", 0.001)):
        for lr in RATES:
            for seed in (0, 1):
                add_run(position, seed, shift=(lr != best) * 0.2 + 0.02 * seed, config={"optimizer": {"lr": lr}})
    return compare(lab, baseline="", figures=[])


def test_each_scheme_is_a_line_over_its_rates(comparison):
    lines = Sensitivity(key="optimizer.lr").lines(comparison)
    assert sorted(lines) == ["none", "rope"]
    rope = lines["rope"].points.groupby("x")["y"].mean()
    assert rope.to_dict() == pytest.approx({lr: 2.563 + 0.1 + 0.01 + (lr != 0.001) * 0.2 for lr in RATES})


def test_the_best_value_of_each_line_is_marked(comparison):
    assert sorted(read_rings(Sensitivity(key="optimizer.lr").draw(comparison))) == [0.001, 0.002]


def test_arms_that_agree_in_the_number_have_no_figure(add_run, lab):
    add_run("none")
    add_run("rope")
    assert Sensitivity(key="optimizer.lr").is_empty(compare(lab, baseline="", figures=[]))


def test_lines_of_several_tokenizers_are_told_apart(add_run, lab):
    for name in ("BPE", "Byte"):
        for lr in RATES:
            choices = {"position": "rope", "tokenizer": name.lower(), "source": "python_docs", "model": "nano"}
            own = {"optimizer": {"lr": lr}, "tokenizer": {"_target_": f"wordorder.tokenizer.{name}"}}
            add_run("rope", config=own, facts={"choices": choices})
    lines = Sensitivity(key="optimizer.lr").lines(compare(lab, baseline="", figures=[]))
    assert sorted(lines) == ["bpe", "byte"] and all(len(line.points) == 3 for line in lines.values())


def test_where_it_was_tuned_the_tuning_runs_are_drawn_and_what_was_chosen_is_marked(add_run, lab):
    """The final runs differ in the rate as well, and are not what is drawn."""
    for position, lr in (("none", 0.002), ("rope", 0.001)):
        add_run(position, name=position, config={"optimizer": {"lr": lr}})
    bits = {"none": [2.9, 2.8, 2.7], "rope": [2.6, 2.5, None]}
    arms = [
        {
            "arm": f"position={name}",
            "chosen": {"none": 0.002, "rope": 0.001}[name],
            "edge": "",
            "means": own,
            "tried": [
                {"run": "t", "value": lr, "seed": seed, "bits_per_byte": mean and mean + (seed - 100.5) / 10}
                for lr, mean in zip(RATES, own, strict=True)
                for seed in (100, 101)
            ],
            "final": [name],
        }
        for name, own in bits.items()
    ]
    tuning = {"key": "optimizer.lr", "metric": "bits_per_byte", "split": "val", "seeds": [100, 101], "values": RATES}
    (lab / "tuning.json").write_text(json.dumps(tuning | {"arms": arms}))
    comparison, figure = compare(lab, baseline="", figures=[]), Sensitivity(key="optimizer.lr")
    drawn = figure.draw(comparison)
    lines = {line.get_label(): line for line in drawn.axes[0].get_lines() if line.get_label()[0] != "_"}
    assert dict(lines["position=none"].get_xydata()) == pytest.approx(dict(zip(RATES, bits["none"], strict=True)))
    assert len(lines["position=rope"].get_xdata()) == 2 and lines["position=rope"].get_color() == "#0b62b8"
    assert read_rings(drawn) == pytest.approx({0.002: 2.7, 0.001: 2.5})
    assert figure.notes(comparison) == [
        "These are the tuning runs (seeds 100, 101) on the val split, not those of the table.",
        "position=rope diverged at 0.002.",
    ]
    assert Sensitivity(key="optimizer.weight_decay").is_empty(comparison)


def test_a_lacking_seed_neither_joins_the_lines_of_others_nor_moves_the_ring(add_run, lab):
    """Seed 1 costs .5 everywhere; .002 lacks the dear seed and only so has the least mean of all."""
    for lr, bits in zip(RATES, (0.3, 0.0, 0.1), strict=True):
        for seed in (0, 1) if lr != 0.002 else (0,):
            add_run("rope", seed, shift=bits + 0.5 * seed, config={"optimizer": {"lr": lr}})
    comparison, figure = compare(lab, baseline="", figures=[]), Sensitivity(key="optimizer.lr")
    thin = [dict(line.get_xydata()) for line in figure.draw(comparison).axes[0].get_lines() if line.get_linewidth() < 1]
    whole = 2.563 + 0.1
    assert thin == [
        pytest.approx({0.0005: whole + 0.3, 0.001: whole, 0.002: whole + 0.1}),
        pytest.approx({0.0005: whole + 0.8, 0.001: whole + 0.5}),
    ]
    assert read_rings(figure.draw(comparison)) == pytest.approx({0.001: whole})
    said = "rope: its best value is that of 1 of 2 seeds, the ones that all of its values have."
    assert figure.notes(comparison) == [said]


def test_the_line_of_a_seed_is_its_own_where_another_lacks_the_first(add_run, lab):
    for lr in RATES[:2]:
        for seed in (0, 1) if lr == RATES[0] else (1,):
            add_run("rope", seed, shift=float(seed), config={"optimizer": {"lr": lr}})
    points = Sensitivity(key="optimizer.lr").lines(compare(lab, baseline="", figures=[]))["rope"].points
    assert points.groupby("run")["x"].apply(list).to_dict() == {"0/0": [RATES[0]], "1/1": list(RATES[:2])}


def test_values_without_a_common_seed_have_no_ring(add_run, lab):
    for seed, lr in enumerate(RATES[:2]):
        add_run("rope", seed, config={"optimizer": {"lr": lr}})
    comparison, figure = compare(lab, baseline="", figures=[]), Sensitivity(key="optimizer.lr")
    assert read_rings(figure.draw(comparison)) == {}
    assert figure.notes(comparison) == ["rope has no ring: no seed is at all of its values."]
