"""Each yaml in conf/position keeps the contract, a new one too; and each check of the contract can fail."""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from wordorder import identity
from wordorder.check import locate
from wordorder.contract import CHECKS, decoding, kernels, limits, promises, sentence, weights
from wordorder.contract.bench import Bench
from wordorder.position.base import PositionScheme

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "conf" / "position"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SHELF = sorted(path.stem for path in (ROOT / "src/wordorder/position").glob("*.py"))
SHELF = [name for name in SHELF if name not in ("__init__", *identity.SHARED["position"])]

each_scheme = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@each_scheme
def test_contract(name, check, make_bench):
    check(make_bench(name))


# Liars: each is caught by the checks that it is listed under. A check that catches none would be worth nothing.


def bench_of(scheme: type[PositionScheme], among: type[Bench] = Bench) -> Bench:
    return among(lambda sizes: scheme(sizes["context_length"]) if issubclass(scheme, Table) else scheme())


LIARS: list[tuple[Callable[[Bench], None], type[PositionScheme], type[Bench]]] = []


def caught_by(*checks, among: type[Bench] = Bench):
    def add(liar: type[PositionScheme]) -> type[PositionScheme]:
        LIARS.extend((check, liar, among) for check in checks)
        return liar

    return add


class Relative(PositionScheme):
    """Honest: lowers the score by a tenth of the distance."""

    shift_invariant = True

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * (pos.q(b, i) - pos.k(b, j))


def waves(place_BT: torch.Tensor) -> torch.Tensor:
    """A vector for each position, (B, T, 24)."""
    return (0.3 * place_BT[..., None] + torch.arange(24)).sin()


class Absolute(PositionScheme):
    """Honest: adds a sine of the position."""

    def embed(self, x_BTD, pos):
        return x_BTD + waves(pos.q_BT)


class Owner(PositionScheme):
    """Honest: one parameter, drawn as it should be."""

    orders, reads_ids, shift_invariant = False, False, True

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.empty(24))

    def initialise(self, generator):
        nn.init.normal_(self.gain, generator=generator("gain"))

    def embed(self, x_BTD, pos):
        return x_BTD * self.gain


class Table(PositionScheme):
    """Honest: a vector for each position of the trained length, and no further."""

    max_position = property(lambda self: len(self.table))
    whole_ids = True

    def __init__(self, rows: int):
        super().__init__()
        self.table = nn.Parameter(torch.empty(rows, 24))

    def initialise(self, generator):
        nn.init.normal_(self.table, generator=generator("table"))

    def embed(self, x_BTD, pos):
        return x_BTD + self.table[pos.q_BT]


@caught_by(promises.later_tokens_change_no_bit_of_earlier_outputs, decoding.padding_on_the_right_changes_nothing)
class LeaksAtEmbedding(PositionScheme):
    def embed(self, x_BTD, pos):
        return x_BTD + 1e-6 * x_BTD.roll(-1, 1)


@caught_by(promises.later_tokens_change_no_bit_of_earlier_outputs)
class LeaksInKeys(PositionScheme):
    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return q_BHTK, k_BGSK + 1e-6 * k_BGSK.mean(2, keepdim=True)


@caught_by(promises.later_tokens_change_no_bit_of_earlier_outputs)
class LeaksInScores(PositionScheme):
    content = True

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        last = x_BSD.shape[1] - 1
        return lambda score, b, h, i, j: score + 1e-6 * x_BSD[b, (j + 1).clamp(max=last), 0]


@caught_by(promises.orders_says_whether_one_layer_tells_a_shuffled_past)
class SaysItOrders(PositionScheme):
    reads_ids, shift_invariant = False, True


@caught_by(promises.orders_says_whether_one_layer_tells_a_shuffled_past)
class SaysItDoesNotOrder(Relative):
    orders = False


@caught_by(promises.reads_ids_says_whether_ids_three_times_as_far_apart_matter)
class SaysItDoesNotReadIds(Relative):
    reads_ids = False


@caught_by(
    promises.reads_ids_says_whether_ids_three_times_as_far_apart_matter,
    decoding.decoding_in_uneven_pieces_equals_the_whole,
)
class ReadsIndicesAndNotIds(Relative):
    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * (i - j)


@caught_by(promises.ids_between_whole_numbers_count_unless_whole_ids)
class SaysItsIdsMayLieBetween(Table):
    whole_ids = False


@caught_by(promises.ids_between_whole_numbers_count_unless_whole_ids)
class CutsItsIds(Relative):
    def prepare(self, context):
        return super().prepare(replace(context, place_BS=context.place_BS.long()))


@caught_by(promises.shift_invariant_says_whether_ids_plus_a_constant_change_anything)
class SaysItIsShiftInvariant(Absolute):
    shift_invariant = True


@caught_by(promises.shift_invariant_says_whether_ids_plus_a_constant_change_anything)
class SaysItIsNotShiftInvariant(Relative):
    shift_invariant = False


@caught_by(
    promises.length_free_says_whether_an_output_depends_on_the_length,
    decoding.padding_on_the_right_changes_nothing,
)
class SaysItIsLengthFree(PositionScheme):
    def prepare(self, context):
        return context.horizon

    def embed(self, x_BTD, pos):
        return x_BTD * (1 + pos / 100)


@caught_by(promises.length_free_says_whether_an_output_depends_on_the_length)
class SaysItIsNotLengthFree(Relative):
    length_free = False


@caught_by(promises.content_says_whether_the_bias_reads_queries_keys_or_the_input)
class SaysItReadsContent(Relative):
    content = True


@caught_by(promises.content_says_whether_the_bias_reads_queries_keys_or_the_input)
class HidesThatItReadsTheText(PositionScheme):
    def prepare(self, context):
        return context.tokens_BS

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * pos[b, j]


class ReadsTheInput(PositionScheme):
    """Honest: lowers the score by what the layer's input says of the key."""

    content = True
    reads_ids = False
    shift_invariant = True
    orders = False

    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * x_BSD[b, j, 0]


@caught_by(promises.reads_qk_says_whether_the_bias_reads_queries_or_keys)
class SaysItReadsQueries(ReadsTheInput):
    reads_qk = True


@caught_by(promises.reads_qk_says_whether_the_bias_reads_queries_or_keys)
class HidesThatItReadsKeys(ReadsTheInput):
    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * k_BGSK[b, 0, j, 0]


@caught_by(promises.keeps_width_says_whether_queries_and_keys_stay_as_wide_as_a_head)
class SaysItWidens(PositionScheme):
    keeps_width = False


@caught_by(promises.keeps_width_says_whether_queries_and_keys_stay_as_wide_as_a_head)
class HidesThatItWidens(PositionScheme):
    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return torch.cat((q_BHTK, q_BHTK), -1), torch.cat((k_BGSK, k_BGSK), -1)


@caught_by(
    promises.additive_says_whether_the_change_is_one_of_adding,
    kernels.kernels_agree_in_values_and_gradients,
)
class SaysItAdds(PositionScheme):
    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score * (1 + 0.1 * (pos.q(b, i) - pos.k(b, j)))


@caught_by(promises.additive_says_whether_the_change_is_one_of_adding)
class SaysItDoesMoreThanAdd(Relative):
    additive = False


@caught_by(promises.additive_says_whether_the_change_is_one_of_adding)
class SaysItDoesMoreAndDoesNothing(PositionScheme):
    additive = False


@caught_by(limits.a_limit_is_refused_before_any_tensor_is_read)
class ReadsItsLimitFromATensor(Table):
    max_position = property(lambda self: len(self.table) + int(self.table.isnan().any()))


@caught_by(limits.inputs_up_to_the_limit_are_taken, limits.a_limit_holds_while_decoding)
class EndsBeforeItsLimit(Table):
    max_position = property(lambda self: 2 * len(self.table))


@caught_by(limits.inputs_up_to_the_limit_are_taken)
class OverflowsBeforeItsLimit(PositionScheme):
    def embed(self, x_BTD, pos):
        return x_BTD + (20.0 * pos.q_BT[..., None]).exp()


@caught_by(limits.a_limit_holds_while_decoding)
class HasALimitAndSaysNone(Table):
    max_position = None

    def __init__(self, rows: int):
        super().__init__(rows=4 * rows)


@caught_by(kernels.kernels_agree_in_values_and_gradients)
class SaysItNeedsNoBias(Relative):
    needs = "sdpa"


@caught_by(kernels.dense_is_explicit)
class AttendsByTheFusedKernel(PositionScheme):
    def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
        return nn.functional.scaled_dot_product_attention(q_BHTK, k_BHSK, v_BHSK, is_causal=True)


@caught_by(kernels.a_kernel_that_cannot_serve_is_refused_by_name)
class NeedsLessWhenAskedAgain(PositionScheme):
    asked = 0

    @property
    def needs(self):
        self.asked += 1
        return "dense" if self.asked == 1 else "sdpa"


@caught_by(kernels.the_fused_kernel_is_refused_where_the_softmax_is_replaced)
class SaysItKeepsTheSoftmax(PositionScheme):
    replaces_softmax, needs = False, "dense"

    def attend(self, q_BHTK, k_BHSK, v_BHSK, x_BSD, pos, attention):
        return attention.score_BHTS.masked_fill(~attention.allowed_BHTS, -torch.inf).softmax(-1) @ v_BHSK


@caught_by(kernels.the_fused_kernel_is_refused_where_the_softmax_is_replaced)
class SaysItReplacesTheSoftmax(PositionScheme):
    replaces_softmax = True


@caught_by(kernels.one_score_at_a_time_is_that_of_the_whole_grid)
class KnowsTheGridOnly(PositionScheme):
    def score_mod(self, q_BHTK, k_BGSK, x_BSD, pos):
        return lambda score, b, h, i, j: score - 0.1 * (pos.q(b, i) - pos.k(b, j)) * (score.dim() > 0)


@caught_by(kernels.one_score_at_a_time_is_that_of_the_whole_grid)
class HidesOtherKeysOnTheGrid(PositionScheme):
    def visible(self, pos):
        return lambda b, h, i, j: (i - j < 5) | (j.dim() == 0)


@caught_by(kernels.own_parameters_have_the_gradient_of_finite_differences)
class HidesHalfOfItsGradient(Owner):
    def embed(self, x_BTD, pos):
        return x_BTD * self.gain * self.gain.detach()


@caught_by(kernels.own_parameters_have_the_gradient_of_finite_differences)
class HidesOneGradientOfMany(Owner):
    def embed(self, x_BTD, pos):
        return x_BTD * torch.where(torch.arange(24) == 3, self.gain.detach(), self.gain)


@caught_by(kernels.every_own_parameter_learns)
class KeepsAnIdleParameter(Owner):
    def embed(self, x_BTD, pos):
        return x_BTD


@caught_by(kernels.every_own_parameter_learns)
class LearnsNothingFromAZero(Owner):
    def embed(self, x_BTD, pos):
        return x_BTD + 0.0 * self.gain


@caught_by(kernels.hooks_run_with_autocast_off)
class LeavesAutocastOn(PositionScheme):
    def at_layer(self, layer, pos):
        torch.set_autocast_enabled("cpu", True)
        return pos


@caught_by(kernels.queries_and_keys_keep_the_dtype_that_they_have)
class WidensItsQueries(PositionScheme):
    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return q_BHTK.float(), k_BGSK


@caught_by(decoding.documents_packed_into_a_row_equal_documents_apart)
class MixesDocuments(PositionScheme):
    def transform_qk(self, q_BHTK, k_BGSK, x_BSD, pos):
        return q_BHTK, k_BGSK + k_BGSK.cumsum(2) / torch.arange(1, k_BGSK.shape[2] + 1)[:, None]


@caught_by(decoding.decoding_in_uneven_pieces_equals_the_whole)
class CountsFromTheFirstNewToken(PositionScheme):
    def embed(self, x_BTD, pos):
        return x_BTD + waves(torch.arange(x_BTD.shape[1])[None])


@caught_by(decoding.neighbours_in_a_batch_change_nothing)
class ReadsItsNeighbours(PositionScheme):
    def embed(self, x_BTD, pos):
        return x_BTD - 0.1 * x_BTD.mean(0)


@caught_by(decoding.each_row_has_the_ids_that_it_was_given)
class GivesAllRowsTheIdsOfTheFirst(Relative):
    shift_invariant = False

    def prepare(self, context):
        return super().prepare(replace(context, place_BS=context.place_BS[:1]))

    def embed(self, x_BTD, pos):
        return x_BTD + waves(pos.q_BT)


class OneStream(Bench):
    """Draws all weights from one generator, one after the other."""

    def model(self, **sizes):
        model, draw = super().model(**sizes), torch.Generator().manual_seed(0)
        for weight in model.parameters():
            nn.init.normal_(weight, generator=draw)
        return model


@caught_by(weights.the_scheme_shifts_no_weight_but_its_own, among=OneStream)
class DrawsBesideOthers(Owner):
    pass


@caught_by(weights.own_weights_are_a_function_of_the_seed)
class ForgetsAParameter(Owner):
    def initialise(self, generator):
        pass


@caught_by(weights.own_weights_are_a_function_of_the_seed)
class DrawsByChance(Owner):
    def initialise(self, generator):
        nn.init.normal_(self.gain)


@caught_by(weights.nothing_that_can_be_computed_is_saved)
class SavesWhatItCouldCompute(PositionScheme):
    def __init__(self):
        super().__init__()
        self.register_buffer("angles", torch.arange(64.0))


@pytest.mark.parametrize(
    ("check", "liar", "among"), LIARS, ids=[f"{liar.__name__}-{check.__name__}" for check, liar, _ in LIARS]
)
def test_a_liar_is_caught(check, liar, among):
    with pytest.raises(AssertionError, match=r"\w+ \w+"):  # a sentence
        check(bench_of(liar, among))


def test_every_check_can_fail():
    assert {check for check, _, _ in LIARS} == set(CHECKS)
    assert len({sentence(check) for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize(
    "scheme", [Relative, Absolute, Owner, Table, ReadsTheInput], ids=lambda scheme: scheme.__name__
)
def test_what_a_liar_is_made_from_is_honest(scheme):
    for check in CHECKS:
        check(bench_of(scheme))


# Files.


@each_scheme
def test_yaml_is_short_and_names_its_paper(name):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert re.match(r"# .*\d{4}, \d{4}\.\d{4,5}", text)
    node = yaml.safe_load(text)
    if "_target_" in node:  # a preset inherits it; that every argument is listed is tested for all yamls alike
        scheme = locate(node, "position", ())
        assert issubclass(scheme, PositionScheme)
        own = [key for key in node if key not in ("_target_", "defaults")]
        assert own == [key for key in inspect.signature(scheme).parameters if key in own]


@pytest.mark.parametrize("name", SHELF)
def test_a_scheme_has_a_twin_yaml_and_a_twin_test(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert node["_target_"].startswith(f"wordorder.position.{name}.")
    assert (ROOT / "tests" / "position" / f"test_{name}.py").exists()


@pytest.mark.parametrize("name", SHELF)
def test_docstring_tells_what_the_tables_need(name):
    source = (ROOT / "src/wordorder/position" / f"{name}.py").read_text(encoding="utf-8")
    lines = source.split('"""')[1].splitlines()
    assert re.fullmatch(rf"{name}: .*\.", lines[0]) and lines[1] == ""
    assert re.match(r"\w.*\d{4}, \d{4}\.\d{4,5}", lines[2])
    head = next(line for line in lines if line.startswith("acts on: "))
    assert re.fullmatch(r"acts on: (nothing|[a-z ,]+)   learns: .+   any length: (yes|no, .+)", head)
    assert sum(line.startswith("Differs: ") for line in lines) == 1
    assert sum(line.startswith("Oracle: ") for line in lines) == 1
    assert any(line.startswith("    ") for line in lines)  # the formula


@pytest.mark.parametrize("name", SHELF)
def test_docstring_agrees_with_what_the_scheme_does(name, make_model):
    scheme = make_model(name).position
    document = inspect.getdoc(inspect.getmodule(type(scheme)))
    own = [key for key, _ in scheme.named_parameters() if not key.startswith("of.")]  # not of the schemes inside
    assert ("learns: nothing" in document) == (not own)
    assert ("any length: yes" in document) == (scheme.max_position is None)
