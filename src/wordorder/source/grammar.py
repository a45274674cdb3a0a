"""grammar: sentences of made-up words drawn from a probabilistic grammar, so that the information in them is known exactly.

    Document -> Sentence | Sentence " " Document         ends with probability 1 / `sentences`, whatever came before
    Sentence -> Phrase_c gap " " Verb_c Object "."       each class c of 1 .. `n_classes` alike
    Phrase_c -> Noun_c | Adjective " " Phrase_c          3/4, 1/4
    Object   -> nothing | " " Phrase_c                   1/2, 1/2 and then each class alike
    gap      =  `distance` words: preposition, noun of any class, and so on; an odd number begins with an adverb

A verb has the ending of its subject's class, and between the two stand `distance` words, other nouns among them (Linzen et
al. 2016, 1611.01368): who forgets the subject pays log2(`n_classes`) bits a sentence. The r-th word of a kind has weight
1 / r (Zipf 1949); short words are the frequent ones, and some letters take two or three bytes.

No text has two derivations. So -log2 of the probability of a document's derivation, the decision to end it included, is
the information in it, its fact `bits`; and the `floor` of a split, sum of bits / sum of bytes, is what the true
distribution needs for it, ends of documents counted. A model that has not seen the text needs k bits less in all with a
probability of 2^-k at most. Documents are independent draws, and document n of a split is a function of (seed, split, n),
bit for bit on every machine.

Limits: no meaning, nothing reaches past a sentence, and the regular word forms flatter subword tokenizers. With few words
and a short `distance` a document of val or test may occur in train as well; `describe` counts those.
"""

import math
from collections.abc import Iterator
from random import Random

from wordorder.source.base import SPLITS, Document, Facts, Source, Split
from wordorder.source.derivation import BITS, Rule, derive, expect
from wordorder.source.lexicon import ENDINGS, invent_stems, make_lexicon

MOST_WORDS = 50_000  # a second or two to set up; stems of up to three syllables are 3,006,864


class Grammar(Source):
    """`n_words` counts stems of all kinds, `sentences` is the mean of a document, the last three count documents."""

    def __init__(
        self,
        *,
        seed: int,
        n_words: int,
        n_classes: int,
        distance: int,
        sentences: int,
        n_train: int,
        n_val: int,
        n_test: int,
    ):
        if not 9 <= n_words <= MOST_WORDS:
            raise ValueError(f"n_words={n_words} must be 9, so that each kind has one, to {MOST_WORDS}")
        if not 1 <= n_classes <= len(ENDINGS):
            raise ValueError(f"n_classes={n_classes} must be 1 to {len(ENDINGS)}, as many as there are endings")
        if distance < 0:
            raise ValueError(f"distance={distance} must not be negative; with 0 the verb follows its subject")
        if sentences < 2:
            raise ValueError(f"sentences={sentences} must be 2 or more; it is the mean of a document")
        self.seed = seed
        self.n_documents = {"train": n_train, "val": n_val, "test": n_test}
        for split, n in self.n_documents.items():
            if n < 1:
                raise ValueError(f"n_{split}={n} must be 1 or more")
        self.endings = ENDINGS[:n_classes]
        self.rules = make_rules(self.endings, distance, sentences)
        self.rules |= make_lexicon(invent_stems(n_words, Random(f"{seed} words")))

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split`, each with the fact `bits`."""
        for n in range(self.n_documents[split]):
            text, bits = derive(self.rules, "Document", Random(f"{self.seed} {split} {n}"))
            yield Document(text, {"bits": bits})

    def describe(self) -> Facts:
        """Tell bytes and floor of each split, documents also in train, and the floor and the cost of endings on average."""
        facts: Facts = {}
        train: set[int] = set()
        for split in SPLITS:
            size, bits, again = 0, 0.0, 0
            for document in self.documents(split):
                text = document.text.encode()
                size += len(text)
                bits += document.facts["bits"]
                if split == "train":
                    train.add(hash(text))
                again += hash(text) in train
            facts |= {f"bytes_{split}": size, f"floor_{split}": bits / size}
            if split != "train":
                facts[f"also_in_train_{split}"] = again
        bits, size = expect(self.rules, "Document")
        sentences = 2**BITS / self.rules["Document"].counts[0]
        return facts | {"floor": bits / size, "agreement": sentences * math.log2(len(self.endings)) / size}


def make_rules(endings: str, distance: int, sentences: int) -> dict[str, Rule]:
    """The rules above, an ending for each class, down to kinds of stems. A symbol has a capital letter, as no word does."""
    alike = [1] * len(endings)
    gap = ["Adverb"] * (distance % 2) + ["Preposition", "Other"] * (distance // 2)
    gap = [part for word in gap for part in (" ", word)]
    rules = {
        "Document": Rule([("Sentence",), ("Sentence", " ", "Document")], [1, sentences - 1]),
        "Sentence": Rule([(f"Phrase_{c}", *gap, " ", "Verb", c, "Object", ".") for c in endings], alike),
        "Object": Rule([(), *((" ", f"Phrase_{c}") for c in endings)], [len(endings), *alike]),
        "Other": Rule([("Noun", c) for c in endings], alike),
    }
    return rules | {f"Phrase_{c}": Rule([("Noun", c), ("Adjective", " ", f"Phrase_{c}")], [3, 1]) for c in endings}
