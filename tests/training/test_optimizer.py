"""Which weights decay, by their names, for every model and scheme there is."""

import math
import re
from pathlib import Path

import pytest
import torch

from wordorder.check import make
from wordorder.training.optimizer import AdamW

CONF = Path(__file__).parents[2] / "conf"
MODELS = sorted(path.stem for path in CONF.glob("model/*.yaml"))
SCHEMES = sorted(path.stem for path in CONF.glob("position/*.yaml"))
MATRICES = re.compile(r"blocks\.\d+\.(attention\.[qkvo]|mlp\.(up|down|gate))\.weight|head\.(dense\.)?weight")


def recipe(**settings) -> AdamW:
    return AdamW(**({"lr": 0.1, "betas": [0.9, 0.95], "eps": 1e-8, "weight_decay": 0.1} | settings))


@pytest.mark.parametrize(("model_name", "position"), [*(("nano", x) for x in SCHEMES), *((x, "rope") for x in MODELS)])
def test_matrices_decay_and_norms_biases_embeddings_and_schemes_do_not(model_name, position, compose_config):
    config = compose_config(f"model={model_name}", f"position={position}")
    with torch.device("meta"):
        scheme = make(config["position"], "position")
        model = make(config["model"], "model", vocab_size=300, position=scheme)
    names = [name for name, _ in model.named_parameters()]
    decayed, spared = recipe().groups(model)
    assert decayed == [name for name in names if MATRICES.fullmatch(name)]
    assert spared == [name for name in names if name not in decayed]
    for name in spared:
        kept = name.startswith(("embedding.", "position.")) or name.endswith((".bias", ".gain_minus_one"))
        assert kept or "norm" in name, name


def test_the_optimizer_has_the_groups_with_their_decay(make_model):
    model = make_model("learned")
    groups = recipe().build(model).param_groups
    names = {id(weight): name for name, weight in model.named_parameters()}
    grouped = [[names[id(weight)] for weight in group["params"]] for group in groups]
    assert grouped == list(recipe().groups(model)) and [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert sorted(sum(grouped, [])) == sorted(names.values())


def test_a_step_is_that_of_the_paper(make_model):
    """Loshchilov and Hutter 2017, algorithm 2, in plain floats for two steps; spared weights do not shrink."""
    model = make_model("none")
    optimizer = recipe(eps=1e-3).build(model)
    weights = {name: model.get_parameter(name) for name in ("blocks.0.mlp.up.weight", "norm.weight")}
    before = {name: float(weight.flatten()[0]) for name, weight in weights.items()}
    m = v = 0.0
    for t, gradient in ((1, 0.3), (2, -0.2)):
        for weight in model.parameters():
            weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        m, v = 0.9 * m + 0.1 * gradient, 0.95 * v + 0.05 * gradient**2
        move = 0.1 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.95**t)) + 1e-3)
        for name, weight in weights.items():
            shrunk = before[name] * (1 - 0.1 * 0.1) if "up" in name else before[name]
            before[name] = shrunk - move
            assert float(weight.flatten()[0].detach()) == pytest.approx(before[name], rel=1e-9)


def test_the_groups_do_not_depend_on_a_decay_of_zero(make_model):
    assert [group["weight_decay"] for group in recipe(weight_decay=0.0).build(make_model("none")).param_groups] == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lr": 0.0}, "lr=0.0 must be positive"),
        ({"betas": [0.9]}, "two numbers"),
        ({"betas": [0.9, 1.0]}, "two numbers"),
        ({"eps": 0.0}, "eps=0.0"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1"),
        ({"lr": math.nan}, "lr=nan"),
        ({"weight_decay": math.nan}, "weight_decay=nan"),
    ],
)
def test_what_no_optimizer_can_use_is_refused(wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        recipe(**wrong)
