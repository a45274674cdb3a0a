"""tuning.json says what a figure of sensitivity and an audit of edges need, and names the runs."""

import json

import tuned

from wordorder.sweep.tuning import settle
from wordorder.sweep.tuning_record import write_tuning


def test_the_file_holds_each_arm_s_values_runs_choice_and_edge(tmp_path, monkeypatch):
    tuned.plan_by_words(monkeypatch, tmp_path)
    bits = {1.0: 2.5, 2.0: 2.25, 4.0: None}
    stages = tuned.stages_of(1.0, 2.0, extend=1, arms=(tuned.ROPE,))
    settled = settle(tuned.expansion_of(stages, tmp_path), tuned.answering(lambda position, lr, seed: bits[lr]))
    write_tuning(settled, tmp_path / "x")
    tried = [{"run": f"rope-{lr}-100", "value": lr, "seed": 100, "bits_per_byte": bits[lr]} for lr in bits]
    arm = {"arm": "position=rope", "chosen": 2.0, "edge": "", "means": [2.5, 2.25, None]}
    assert json.loads((tmp_path / "x" / "tuning.json").read_text()) == {
        "key": "lr",
        "metric": "bits_per_byte",
        "split": "val",
        "folder": "x_tune",
        "seeds": [100],
        "values": [1.0, 2.0, 4.0],
        "added": [4.0],
        "arms": [arm | {"tried": tried, "final": ["rope-2.0-0", "rope-2.0-1"]}],
    }


def test_an_optimum_at_the_edge_is_in_the_file(tmp_path, monkeypatch):
    tuned.plan_by_words(monkeypatch, tmp_path)
    stages = tuned.stages_of(1.0, 2.0, extend=0)
    answers = lambda position, lr, seed: lr if position == "rope" else -lr  # noqa: E731
    write_tuning(settle(tuned.expansion_of(stages, tmp_path), tuned.answering(answers)), tmp_path / "x")
    arms = json.loads((tmp_path / "x" / "tuning.json").read_text())["arms"]
    assert {arm["arm"]: arm["edge"] for arm in arms} == {"position=rope": "smallest", "position=none": "largest"}
