import re
from collections import Counter
from itertools import product
from random import Random

import pytest
import torch
from tasks import SIZES, check_examples, examples

from wordorder.check import make
from wordorder.model.transformer import make_context
from wordorder.source.addition import Addition

BYTES = [bytes([n]) for n in range(256)]
REVERSE = ["none", "answer", "all"]
OPTIONS = list(product(REVERSE, (False, True), (False, True), (False, True)))


def addition(reverse="none", pad=False, spaces=False, scratchpad=False, **changed):
    return Addition(reverse=reverse, pad=pad, spaces=spaces, scratchpad=scratchpad, **SIZES | changed)


def parsed(text: str) -> tuple[list[str], str, str]:
    """Operands, scratchpad and sum of a document, as they stand there without spaces."""
    found = re.fullmatch(r"(\d+)\+(\d+)=((?:\d\+\d\+\d=\d\d;)*)(\d+)", text.replace(" ", ""))
    return [found[1], found[2]], found[3], found[4]


def as_shown(text: str) -> list[int]:
    """Operands and sum of a document whose numbers all stand most significant digit first."""
    operands, _, total = parsed(text)
    return [int(number) for number in (*operands, total)]


@pytest.mark.parametrize(("reverse", "pad", "spaces", "scratchpad"), OPTIONS)
def test_the_oracle_solves_it_and_splits_share_no_prompt(reverse, pad, spaces, scratchpad):
    check_examples(addition(reverse, pad, spaces, scratchpad), most=60)


def test_the_answer_is_the_sum():
    for _, document in examples(addition(test_lengths=[2, 40])):
        a, b, total = as_shown(document.text)
        assert a + b == total


def test_options_change_how_numbers_stand_and_nothing_else():
    plain = [document for _, document in examples(addition())]
    for reverse, pad, spaces, scratchpad in OPTIONS:
        task = addition(reverse, pad, spaces, scratchpad)
        for document in plain[:100]:
            numbers = [str(number) for number in as_shown(document.text)]
            width = max(map(len, numbers[:2]))
            if pad:
                numbers = [number.zfill(full) for number, full in zip(numbers, (width, width, width + 1), strict=True)]
            if reverse == "all":
                numbers = [number[::-1] for number in numbers]
            if reverse == "answer":
                numbers[2] = numbers[2][::-1]
            prompt = f"{numbers[0]}+{numbers[1]}="
            answer = task.solve(" ".join(prompt) if spaces else prompt)
            assert answer.startswith(" ") and re.fullmatch(r"( \S)+" if spaces else r" \S+", answer)
            assert answer.replace(" ", "").split(";")[-1] == numbers[2]
            assert answer.count(";") == scratchpad * width


def test_worked_by_hand():
    assert addition().solve("0+0=") == " 0"
    assert addition(spaces=True).solve("9 9 9 + 1 =") == " 1 0 0 0"
    assert addition("answer", pad=True).solve("999+001=") == " 0001"
    assert addition("all").solve("001+5=") == " 501"  # 100 + 5
    assert addition("all", pad=True).solve("001+500=") == " 5010"
    assert addition(scratchpad=True).solve("95+7=") == " 5+7+0=12;9+0+1=10;102"
    assert addition("all", scratchpad=True).solve("59+7=") == " 5+7+0=12;9+0+1=10;201"


def test_a_scratchpad_adds_up():
    for _, document in examples(addition(scratchpad=True)):
        (a, b), steps, total = parsed(document.text)
        carry, digits = 0, ""
        columns = zip(a[::-1].ljust(len(steps) // 9, "0"), b[::-1].ljust(len(steps) // 9, "0"), strict=True)
        for (x, y), step in zip(columns, steps.rstrip(";").split(";"), strict=True):
            assert step[:6] == f"{x}+{y}+{carry}="
            assert int(step[6:]) == int(x) + int(y) + carry
            carry, digits = int(step[6]), step[7] + digits
        assert total == f"{carry}{digits}".lstrip("0")


def test_length_is_the_longer_number_and_numbers_have_no_zeros_in_front():
    for _, document in examples(addition()):
        operands, _, total = parsed(document.text)
        assert [document.facts["first"], document.facts["second"]] == [len(number) for number in operands]
        assert document.facts["length"] == max(map(len, operands))
        assert all(number == "0" or number[0] != "0" for number in (*operands, total))


def test_pairs_of_widths_and_digits_are_drawn_evenly():
    rng, task = Random(0), addition()
    drawn = [task.draw(3, rng) for _ in range(3000)]
    pairs = Counter((example.facts["first"], example.facts["second"]) for example in drawn)
    assert set(pairs) == {(1, 3), (2, 3), (3, 3), (3, 2), (3, 1)}
    assert all(abs(count - 600) < 5 * 600**0.5 for count in pairs.values())  # deviations are below the root
    first = Counter(example.pieces[0][0][0] for example in drawn if example.facts["first"] == 3)
    assert sorted(first) == list("123456789")
    assert all(abs(count - 200) < 5 * 200**0.5 for count in first.values())
    ones = Counter(example.pieces[0][0][-2] for example in drawn)
    assert all(abs(ones[digit] - 300) < 5 * 300**0.5 for digit in "0123456789")


def test_carry_is_the_longest_run_of_columns_that_overflow():
    seen = set()
    for _, document in examples(addition(test_lengths=[2, 12])):
        a, b, _ = as_shown(document.text)
        powers = [10 ** (column + 1) for column in range(document.facts["length"])]
        out = "".join("c" if a % power + b % power >= power else "." for power in powers)
        assert document.facts["carry"] == max(map(len, out.split(".")))
        seen.add(document.facts["carry"])
    assert seen >= {0, 1, 2, 3}


@pytest.mark.parametrize(("length", "least"), [(1, 0), (2, 10)])
def test_chance_is_one_over_the_sums_there_are(length, least):
    sums = {a + b for a in range(least, 10**length) for b in range(10**length)}
    assert addition().draw(length, Random(0)).chance == pytest.approx(1 / len(sums))


def columns(text: str) -> list[list[int]]:
    """Places in the text of the digits of each significance: operands are read from their end, the answer from its begin."""
    *operands, answer = (range(found.start(), found.end()) for found in re.finditer(r"\d+", text))
    numbers = [*(places[::-1] for places in operands), answer]
    return [[places[r] for places in numbers if r < len(places)] for r in range(len(answer))]


@pytest.fixture
def drawn_and_bound(compose_config):
    """Texts of a preset, and a scheme as its yaml makes it, bound to bytes."""

    def make_both(preset: str, position: str):
        few = ("source.n_train=20", "source.n_val=5", "source.n_test=40")
        source = make(compose_config(f"source={preset}", *few)["source"], "source")
        scheme = make(compose_config(f"position={position}")["position"], "position").eval()
        scheme.bind(BYTES)
        return [document.text for _, document in examples(source)], scheme

    return make_both


def test_the_coupled_preset_gives_digits_of_equal_significance_one_id(drawn_and_bound):
    texts, scheme = drawn_and_bound("addition_coupled", "coupled")
    for text in texts:
        ids = scheme.prepare(make_context(torch.tensor([list(text.encode())]))).of[0].k_BS[0].tolist()
        by_column = [{ids[place] for place in places} for places in columns(text)]
        assert all(len(found) == 1 for found in by_column), text
        assert len(set.union(*by_column)) == len(by_column)  # and of others another


def test_the_abacus_preset_gives_digits_of_equal_significance_one_row(drawn_and_bound):
    texts, scheme = drawn_and_bound("addition_abacus", "digit_index")
    for text in texts:
        row = scheme.prepare(make_context(torch.tensor([list(text.encode())])))[0].tolist()
        numbers = [int(number[::-1]) for number in re.findall(r"\d+", text)]
        assert numbers[0] + numbers[1] == numbers[2]  # so the r-th digit stands for 10^r in all three
        for number in re.finditer(r"\d+", text):
            assert row[number.start() : number.end()] == list(range(1, len(number[0]) + 1))
