"""What every frequency rule promises inside RoPE. Each yaml in conf/position/frequencies is held to it, a new one too."""

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from wordorder.check import locate, make
from wordorder.model.transformer import make_context
from wordorder.position.frequencies.base import Frequencies

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "conf" / "position" / "frequencies"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/position/frequencies").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", "base")]
T, TRAINED = 37, 24  # a sequence of 20 is within the trained length, one of 37 beyond it
SIZES = dict(d_model=32, n_heads=4, n_kv_heads=2, head_dim=8, n_layers=2, d_ff=40, bias="true", init_std=0.3)
SAME = dict(rtol=0, atol=1e-11)  # float64, another order of summation
CHANGED = 1e-3

each_rule = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(53, (3, T), generator=torch.Generator().manual_seed(2))


@pytest.fixture
def model_of(compose_config):
    """A small float64 model with RoPE under this rule, trained at 24 tokens."""

    def small(name: str) -> torch.nn.Module:
        sizes = (f"model.{key}={value}" for key, value in (SIZES | {"context_length": TRAINED}).items())
        config = compose_config("position=rope", f"position/frequencies={name}", *sizes)
        scheme = make(config["position"], "position")
        return make(config["model"], "model", vocab_size=53, position=scheme).initialise(0).double().eval()

    return small


def run(model, ids: torch.Tensor, *, shift: int = 0, horizon: int | None = None, **given) -> torch.Tensor:
    """Logits, with a constant added to all position ids."""
    with torch.no_grad():
        context = make_context(ids, horizon=horizon, **given)
        return model.logits(model.hidden(replace(context, place_BS=context.place_BS + shift)))


@each_rule
def test_it_is_a_rule_of_finite_frequencies(name, model_of):
    rule = model_of(name).position.frequencies
    assert isinstance(rule, Frequencies) and rule.gain > 0
    for width in (4, 8, 64):
        for horizon in (1, TRAINED, TRAINED + 1, 100 * TRAINED):
            omega_R = rule.omega(width, 10000.0, horizon=horizon)
            assert omega_R.shape == (width // 2,) and omega_R.dtype == torch.float64
            assert ((omega_R >= 0) & (omega_R <= 1)).all() and omega_R[0] > 0


@each_rule
def test_it_differs_from_the_plain_rule_beyond_the_trained_length(name, model_of, ids):
    change = (run(model_of(name), ids) - run(model_of("plain"), ids)).abs().max()
    assert change == 0 if name == "plain" else change > CHANGED


@each_rule
def test_later_tokens_change_no_bit_of_earlier_outputs(name, model_of, ids):
    model = model_of(name)
    model.kernel = "dense"
    before = run(model, ids)
    for t in (0, 1, TRAINED - 1, TRAINED, T - 2):
        later = torch.cat((ids[:, : t + 1], (ids[:, t + 1 :] + 7) % 53), 1)
        assert torch.equal(run(model, later)[:, : t + 1], before[:, : t + 1])


@each_rule
def test_length_free_says_whether_an_output_depends_on_the_length(name, model_of, ids):
    model = model_of(name)
    assert model.position.length_free == model.position.frequencies.length_free
    change = (run(model, ids)[:, :20] - run(model, ids[:, :20])).abs().max()
    assert change < SAME["atol"] if model.position.length_free else change > CHANGED


@each_rule
def test_at_a_stated_horizon_no_output_depends_on_the_length(name, model_of, ids):
    model = model_of(name)
    torch.testing.assert_close(run(model, ids)[:, :20], run(model, ids[:, :20], horizon=T), **SAME)


@each_rule
@pytest.mark.parametrize("horizon", [T, 4 * T])
def test_ids_plus_a_constant_change_nothing_at_a_stated_horizon(name, horizon, model_of, ids):
    model = model_of(name)
    shifted = run(model, ids, shift=23, horizon=horizon)
    torch.testing.assert_close(shifted, run(model, ids, horizon=horizon), rtol=0, atol=3e-4)  # float32 angles


@each_rule
@pytest.mark.parametrize("kernel", ["auto", "dense"])
def test_decoding_past_the_trained_length_equals_the_whole(name, kernel, model_of, ids):
    model = model_of(name)
    model.kernel, cache = kernel, model.empty_cache()
    horizon = None if model.position.length_free else T
    with torch.no_grad():
        pieces = [model(piece, cache=cache, horizon=horizon) for piece in ids.split([1, 5, 2, 13, 1, 15], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), run(model, ids), **SAME)


@each_rule
def test_a_batch_and_packed_documents_share_the_frequencies_of_the_row(name, model_of, ids):
    model = model_of(name)
    document_BT = torch.tensor([[0] * 9 + [1] * 28, [0] * 36 + [1], [0] * T])
    with torch.no_grad():
        packed = model(ids, document_BT=document_BT, horizon=T)
    for row, sizes in enumerate([[9, 28], [36, 1], [T]]):
        apart = [run(model, piece[None], horizon=T)[0] for piece in ids[row].split(sizes)]
        torch.testing.assert_close(packed[row], torch.cat(apart), **SAME)


@each_rule
def test_yaml_is_short_names_its_paper_and_lists_every_argument_in_order(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert re.match(r"# .*\d{4}, \d{4}\.\d{4,5}", text)
    node = yaml.safe_load(text)
    signature = inspect.signature(locate(node, "position.frequencies", ("wordorder",)))
    assert list(node) == ["_target_", *signature.parameters]
    assert all(one.kind is one.KEYWORD_ONLY and one.default is one.empty for one in signature.parameters.values())


@pytest.mark.parametrize("name", SHELF)
def test_a_rule_has_a_twin_yaml_and_a_twin_test(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.position.frequencies.{name}.")
    assert (Path(__file__).parent / f"test_{name}.py").exists()


@pytest.mark.parametrize("name", SHELF)
def test_docstring_has_the_shape_of_a_scheme(name):
    source = (ROOT / "src/wordorder/position/frequencies" / f"{name}.py").read_text(encoding="utf-8")
    lines = source.split('"""')[1].splitlines()
    assert re.fullmatch(rf"{name}: .*\.", lines[0]) and lines[1] == ""
    assert re.match(r"\w.*\d{4}, \d{4}\.\d{4,5}", lines[2])
    assert lines[3] == "acts on: q and k   learns: nothing   any length: yes"
    assert sum(line.startswith("Differs: ") for line in lines) == 1
    assert sum(line.startswith("Oracle: ") for line in lines) == 1
    assert any(line.startswith("    ") for line in lines)  # the formula
