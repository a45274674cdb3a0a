import itertools
import lzma
import math
import statistics
from collections import defaultdict
from fractions import Fraction
from functools import cache

import pytest

from wordorder.check import make
from wordorder.source.base import SPLITS
from wordorder.source.derivation import BITS, Rule, expect
from wordorder.source.grammar import Grammar
from wordorder.source.lexicon import ENDINGS

SMALL = {
    "seed": 0,
    "n_words": 40,
    "n_classes": 2,
    "distance": 3,
    "sentences": 2,
    "n_train": 30,
    "n_val": 5,
    "n_test": 5,
}
SHAPES = [(9, 1, 0), (12, 2, 1), (40, 3, 4), (60, 16, 7)]  # n_words, n_classes, distance


def grammar(**changed: int) -> Grammar:
    return Grammar(**SMALL | changed)


def texts(source: Grammar, split: str = "train") -> list[str]:
    return [document.text for document in source.documents(split)]


def derivations(rules: dict[str, Rule], text: str) -> tuple[int, Fraction]:
    """How many derivations a text has and their probability in all: every rule is tried at every place, backwards too."""

    @cache
    def spans(symbol: str, start: int) -> dict[int, tuple[int, Fraction]]:
        if symbol not in rules:
            return {start + len(symbol): (1, Fraction(1))} if text.startswith(symbol, start) else {}
        found = defaultdict(lambda: (0, Fraction(0)))
        for parts, count in zip(rules[symbol].alternatives, rules[symbol].counts, strict=True):
            reached = {start: (1, Fraction(count, 2**BITS))}
            for part in parts:
                further = defaultdict(lambda: (0, Fraction(0)))
                for at, (n, p) in reached.items():
                    for end, (m, q) in spans(part, at).items():
                        further[end] = (further[end][0] + n * m, further[end][1] + p * q)
                reached = further
            for end, (n, p) in reached.items():
                found[end] = (found[end][0] + n, found[end][1] + p)
        return found

    return spans("Document", 0).get(len(text), (0, Fraction(0)))


def log_2(p: Fraction) -> float:
    return math.log2(p.numerator) - math.log2(p.denominator)  # of whole numbers of any size


def expand(rules: dict[str, Rule], symbols: tuple[str, ...]) -> list[tuple[str, Fraction]]:
    """Every derivation from these symbols on: the text and its probability. The grammar must be finite."""
    ways = []
    for symbol in symbols:
        if symbol in rules:
            chances = [Fraction(count, 2**BITS) for count in rules[symbol].counts]
            options = zip(rules[symbol].alternatives, chances, strict=True)
            ways.append([(text, chance * p) for parts, chance in options for text, p in expand(rules, parts)])
        else:
            ways.append([(symbol, Fraction(1))])
    return [("".join(t for t, _ in way), math.prod(p for _, p in way)) for way in itertools.product(*ways)]


@pytest.mark.parametrize(("n_words", "n_classes", "distance"), SHAPES)
def test_bits_are_those_of_all_derivations_and_there_is_one(n_words, n_classes, distance):
    source = grammar(n_words=n_words, n_classes=n_classes, distance=distance)
    for document in source.documents("val"):
        count, probability = derivations(source.rules, document.text)
        assert count == 1
        assert document.facts["bits"] == pytest.approx(-log_2(probability), abs=1e-9)


def test_the_recogniser_finds_a_second_derivation_where_there_is_one():
    source = grammar(n_classes=2)
    twice = Rule([("Noun", "s"), ("Noun", "s")], [3, 1])  # one text by two rules
    two = [derivations(source.rules | {"Phrase_s": twice}, text)[0] for text in texts(source)]
    assert {1, 2} <= set(two)
    assert derivations(source.rules, "no such text.") == (0, 0)


def test_texts_of_a_finite_part_of_the_grammar_are_all_different_and_their_probabilities_add_up_to_one():
    source = grammar(n_words=10, n_classes=2, distance=2)
    phrases = {f"Phrase_{c}": Rule([("Noun", c), ("Adjective", " ", "Noun", c)], [3, 1]) for c in ENDINGS[:2]}
    finite = source.rules | phrases | {"Document": Rule([("Sentence",)], [1])}
    found = expand(finite, ("Document",))
    assert len(dict(found)) == len(found) == 2 * 10 * (1 * 10) * 2 * (1 + 2 * 10)  # class, phrase, gap, verb, object
    assert sum(probability for _, probability in found) == 1
    source.rules = finite
    for document in source.documents("train"):
        assert document.facts["bits"] == pytest.approx(-log_2(dict(found)[document.text]), abs=1e-9)


def test_a_document_worked_by_hand():
    """Ten stems: one preposition, five nouns, two verbs, an adjective, an adverb, of which a kind's r-th has weight 1/r."""
    source = grammar(n_words=10, n_classes=2, distance=3)
    stem = {kind: [parts[0] for parts in source.rules[kind].alternatives] for kind in ("Noun", "Verb")}
    preposition, adjective, adverb = (
        source.rules[kind].alternatives[0][0] for kind in ("Preposition", "Adjective", "Adverb")
    )
    assert (len(stem["Noun"]), len(stem["Verb"])) == (5, 2)
    noun, verb = [stem["Noun"][1], stem["Noun"][4], stem["Noun"][0]], stem["Verb"][1]
    text = f"{adjective} {noun[0]}n {adverb} {preposition} {noun[1]}s {verb}n {noun[2]}s."
    all_nouns = Fraction(137, 60)  # 1 + 1/2 + 1/3 + 1/4 + 1/5
    subject = Fraction(1, 2) * Fraction(1, 4) * Fraction(3, 4) * Fraction(1, 2) / all_nouns
    gap = Fraction(1, 2) * Fraction(1, 5) / all_nouns
    rest = Fraction(1, 3) * Fraction(1, 2) * Fraction(1, 2) * Fraction(3, 4) * 1 / all_nouns * Fraction(1, 2)  # it ends
    count, probability = derivations(source.rules, text)
    assert count == 1
    assert float(probability) == pytest.approx(float(subject * gap * rest), rel=1e-7)  # rules are multiples of 2^-32


@pytest.mark.parametrize("distance", [0, 1, 2, 7])
def test_a_verb_ends_as_the_noun_that_stands_so_many_words_before_it(distance):
    ends = set(ENDINGS[:4])
    pairs, between = [], 0
    for text in texts(grammar(n_words=200, n_classes=4, distance=distance, sentences=4)):
        for sentence in text.rstrip(".").split(". "):
            words = sentence.split()
            subject = next(n for n, word in enumerate(words) if word[-1] in ends)
            verb = words[subject + distance + 1]
            nouns = [word for word in words[subject + 1 : subject + distance + 1] if word[-1] in ends]
            assert len(nouns) == distance // 2
            pairs.append((words[subject][-1], verb[-1]))
            between += any(word[-1] != verb[-1] for word in nouns)
    assert {a for a, _ in pairs} == ends
    assert all(a == b for a, b in pairs)
    assert (between > 0) == (distance > 1)


def test_who_forgets_the_subject_pays_what_agreement_says():
    source = grammar(n_classes=4, sentences=5)
    told = source.describe()
    free = Rule([("Verb", c) for c in ENDINGS[:4]], [1] * 4)  # an ending at random in the place of the subject's
    sentences = source.rules["Sentence"]
    parts = [
        tuple("Free" if part == "Verb" else part for part in row if part not in ENDINGS)
        for row in sentences.alternatives
    ]
    bits, size = expect(source.rules, "Document")
    source.rules |= {"Sentence": Rule(parts, [1] * 4), "Free": free}
    more, same = expect(source.rules, "Document")
    assert same == pytest.approx(size)
    assert (more - bits) / size == pytest.approx(told["agreement"])


@pytest.mark.parametrize(("n_words", "n_classes", "distance"), SHAPES)
def test_the_expected_floor_is_that_of_the_formula(n_words, n_classes, distance):
    source = grammar(n_words=n_words, n_classes=n_classes, distance=distance, sentences=3)

    def word(kind: str) -> tuple[float, float]:
        """Entropy and mean bytes of a stem, from its rank alone."""
        stems = [parts[0] for parts in source.rules[kind].alternatives]
        weights = [1 / rank for rank in range(1, len(stems) + 1)]
        shares = [weight / sum(weights) for weight in weights]
        mean = sum(p * len(stem.encode()) for p, stem in zip(shares, stems, strict=True))
        return -sum(p * math.log2(p) for p in shares), mean

    def choose(p: float) -> float:
        return -p * math.log2(p) - (1 - p) * math.log2(1 - p)

    n_nouns, n_phrases = 1.5 + distance // 2, 1.5  # a sentence has an object half of the time
    n_adjectives = n_phrases / 3  # 1/4 + 1/16 + ...
    times = {"Noun": n_nouns, "Verb": 1, "Adjective": n_adjectives}
    times |= {"Preposition": distance // 2, "Adverb": distance % 2}
    bits = n_nouns * math.log2(n_classes) + choose(1 / 4) * (n_phrases + n_adjectives) + choose(1 / 2) + choose(1 / 3)
    bits += sum(n * word(kind)[0] for kind, n in times.items())
    size = sum(n * (word(kind)[1] + 1) for kind, n in times.items()) + n_nouns + 1 + 1  # a space, an ending; full stop
    assert expect(source.rules, "Document") == pytest.approx((3 * bits, 3 * size - 1), rel=1e-6)


def test_documents_have_the_expected_information_on_average():
    source = grammar(n_train=3000)
    bits = [document.facts["bits"] for document in source.documents("train")]
    sizes = [len(text.encode()) for text in texts(source)]
    for drawn, expected in zip((bits, sizes), expect(source.rules, "Document"), strict=True):
        assert abs(statistics.mean(drawn) - expected) < 4 * statistics.stdev(drawn) / math.sqrt(len(drawn))


def test_a_description_holds_the_floor_of_each_sample():
    source = grammar()
    told = source.describe()
    for split in SPLITS:
        documents = list(source.documents(split))
        size = sum(len(document.text.encode()) for document in documents)
        assert told[f"bytes_{split}"] == size
        assert told[f"floor_{split}"] == pytest.approx(sum(document.facts["bits"] for document in documents) / size)
    bits, size = expect(source.rules, "Document")
    assert told["floor"] == pytest.approx(bits / size)


def test_documents_that_are_also_in_train_are_counted():
    source = grammar(n_words=10, n_classes=1, distance=0, n_train=300, n_val=50, n_test=60)
    told, train = source.describe(), set(texts(source))
    for split in ("val", "test"):
        again = sum(text in train for text in texts(source, split))
        assert 0 < again < len(texts(source, split))
        assert told[f"also_in_train_{split}"] == again


def test_a_compressor_stays_above_the_floor(compose_config):
    source = make(compose_config("source=grammar")["source"] | {"n_train": 300}, "source")
    text, told = "".join(texts(source)).encode(), source.describe()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    assert 8 * len(lzma.compress(text, lzma.FORMAT_RAW, filters=filters)) / len(text) > told["floor_train"]


def test_splits_of_the_default_size_share_no_document(compose_config):
    source = make(compose_config("source=grammar")["source"], "source")
    told = source.describe()
    assert (told["also_in_train_val"], told["also_in_train_test"]) == (0, 0)
    assert not set(texts(source, "val")) & set(texts(source, "test"))
    assert 1.9e6 < told["bytes_train"] < 2.2e6 and min(told["bytes_val"], told["bytes_test"]) > 1e5
    assert abs(told["floor_val"] - told["floor"]) < 0.01


def test_documents_are_frozen():
    """The same on every machine and under every Python; to change them is to make old results incomparable."""
    source = grammar()
    assert texts(source)[:3] == ["vihebén ga re ẗan len ẗan.", "jin ga re kes pẽn.", "nẽn ga re nẽs sun nẽn."]
    assert [document.facts["bits"] for document in source.documents("train")][:2] == [
        24.794414830505147,
        13.303467830890469,
    ]
    assert source.digest() == "da9620819679ca15c3fa7002e60b78674e6d1c7ec9f8b551f5112af649cdb1e0"


def test_a_document_depends_on_seed_split_and_number_alone():
    source = grammar()
    assert texts(grammar(n_train=50))[:30] == texts(source)
    assert texts(source, "val")[:5] == texts(grammar(n_train=1, n_test=1), "val")
    assert len({tuple(texts(source, split)[:5]) for split in SPLITS}) == 3
    assert not set(texts(grammar(seed=1))) & set(texts(source))
    assert grammar(seed=1).digest() != grammar().digest() == source.digest()


def test_frequent_words_are_short_and_weighted_by_their_rank():
    rules = grammar(n_words=1500).rules
    kinds = ("Preposition", "Noun", "Verb", "Adjective", "Adverb")
    stems = {kind: [parts[0] for parts in rules[kind].alternatives] for kind in kinds}
    assert {kind: len(stems[kind]) for kind in kinds} == dict(zip(kinds, (60, 720, 360, 180, 180), strict=True))
    assert len({stem for kind in kinds for stem in stems[kind]}) == 1500  # no stem is of two kinds
    for kind in kinds:
        assert [len(stem) for stem in stems[kind]] == sorted(len(stem) for stem in stems[kind])
        weights = [1 / rank for rank in range(1, len(stems[kind]) + 1)]
        assert [n / 2**BITS for n in rules[kind].counts] == pytest.approx([w / sum(weights) for w in weights], rel=1e-4)
        assert sum(rules[kind].counts) == 2**BITS
    assert {len(letter.encode()) for kind in kinds for stem in stems[kind] for letter in stem} == {1, 2, 3}
    assert not {stem[-1] for kind in kinds for stem in stems[kind]} & set(ENDINGS)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("n_words", 8), ("n_words", 50_001), ("n_classes", 0), ("n_classes", 17), ("distance", -1)]
    + [("sentences", 1), ("n_train", 0), ("n_val", -1), ("n_test", 0)],
)
def test_sizes_that_cannot_be_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"^{argument}={value} must"):
        grammar(**{argument: value})
    with pytest.raises(KeyError):
        next(grammar().documents("dev"))
