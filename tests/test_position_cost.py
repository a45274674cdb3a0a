"""What a scheme costs: the benchmark's counts, and the columns of README's table."""

import argparse
import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
try:
    import readme
    from benchmarks import position
    from benchmarks.measure import Report
finally:
    sys.path.pop(0)


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Of the smallest measurement that there is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    position.add_arguments(parser)
    words = [
        "--lengths",
        "16",
        "--tokens",
        "16",
        "--rounds",
        "2",
        "--devices",
        "cpu",
        "--out",
        str(tmp_path / "cost.json"),
    ]
    monkeypatch.setenv("KINETO_LOG_LEVEL", "6")
    return parser.parse_args([*words, "--schemes", "alibi"])


def test_memory_is_counted_to_the_byte():
    model = torch.nn.Linear(100, 50, bias=False)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    x = torch.zeros(10, 100)

    def step():
        model(x).sum().backward()  # gradient 100 x 50, output 10 x 50, its gradient an expanded scalar
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    counted = [position.count_step(model, optimizer, step, "cpu") for _ in range(3)]
    assert len(set(counted)) == 1
    held = 3 * 4 * 100 * 50 + 4  # weight, two moments, the step's number
    assert held + 4 * 100 * 50 <= counted[0] <= held + 4 * (2 * 100 * 50 + 2 * 10 * 50) + 100


def test_alibis_bias_is_all_that_it_adds_and_once_a_batch(arguments):
    configs = dict(position.read_configs(["none", "alibi"], 64))
    none, alibi = (position.count_bytes(configs[name], 64, "cpu") for name in ("none", "alibi"))
    added = [a - b for a, b in zip(alibi, none, strict=True)]
    assert added[1:] == [4 * 64 * 64 * 4] * 2  # 4 heads, float32: shared by layers and rows
    assert position.per_row(none) == position.per_row(alibi) > 0


def test_a_measurement_is_read_back_by_the_readme(arguments, monkeypatch):
    report = position.measure(arguments)
    report.save(arguments.out)
    monkeypatch.setattr(readme, "COSTS", arguments.out)
    monkeypatch.setattr(readme, "COST_CONTEXT", 16)
    (row,) = report.tables[position.TIME]
    assert readme.read_costs() == {"none": 1.0, "alibi": row["times none"]} and row["times none"] > 0
    assert (row["scheme"], row["kernel"], row["why"]) == ("alibi", "bias", "")
    said = readme.conditions()
    assert all(part in said for part in (row["date"], report.machine["torch"], row["commit"][:7]))
    monkeypatch.setattr(readme, "COST_CONTEXT", 512)
    assert "alibi" not in readme.read_costs()


def test_rows_of_other_schemes_stay_while_the_machine_is_the_same(arguments):
    old = Report("position", {"tokens": 16, "threads": 1, "vocab": 1024}, {position.TIME: [], position.MEMORY: []})
    at = {"device": "cpu", "context": 16}
    old.tables[position.TIME] = [{"scheme": name, **at, "times none": 9.0} for name in ("alibi", "rope", "gone")]
    old.save(arguments.out)
    rows = {row["scheme"]: row["times none"] for row in position.measure(arguments).tables[position.TIME]}
    assert rows["rope"] == 9.0 and set(rows) == {"alibi", "rope"} and rows["alibi"] != 9.0
    changed = json.loads(arguments.out.read_text()) | {"machine": old.machine | {"torch": "0"}}
    arguments.out.write_text(json.dumps(changed))
    assert [row["scheme"] for row in position.measure(arguments).tables[position.TIME]] == ["alibi"]


def test_what_a_scheme_refuses_is_a_row_with_its_reason(arguments):
    (config,) = dict(position.read_configs(["learned"], 16)).values()
    config["position"]["n_positions"] = 8
    row = position.compare_time(config, config, 16, "cpu", arguments)
    assert row["ms"] is None and "8" in row["why"]
    assert "8" in position.compare_memory(config, [0, 0, 0], 16, "cpu")["why"]
    assert position.reason(torch.OutOfMemoryError("CUDA out of memory")) == "out of memory"
    with pytest.raises(RuntimeError, match="shape"):
        position.reason(RuntimeError("shapes do not match"))


def test_parameters_are_those_of_the_scheme_at_the_small_size(monkeypatch):
    texts = {name: text for name, text in readme.docstrings("position").items() if name in ("learned", "rope", "t5")}
    monkeypatch.setattr(readme, "docstrings", lambda folder: texts)
    assert readme.count_parameters() == {"learned": 1024 * 768, "rope": 0, "t5": 32 * 12}


def test_papers_are_links():
    one = "Press et al. 2021, 2108.12409, section 3; slopes from the authors' code"
    assert readme.link(one) == "[Press et al. 2021](https://arxiv.org/abs/2108.12409)"
    two = "Haviv et al. 2022, 2203.16634; Kazemnejad et al. 2023, 2305.19466."
    assert readme.link(two).count("](https://arxiv.org/abs/") == 2
    assert readme.link("without a paper; nearest: Shaw et al. 2018, 1803.02155").startswith(
        "without a paper; nearest: [Shaw"
    )
