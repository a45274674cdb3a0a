"""lexicon: made-up words, and how they are dealt to the kinds of words of a grammar."""

from random import Random

from wordorder.source.derivation import Rule

ENDINGS = "snrlktmdpbgvzfhj"  # of the classes; a word without an ending ends with a vowel
CONSONANTS = ENDINGS + "šẗ"
VOWELS = "aeiou" * 4 + "éöẽ"


def make_lexicon(stems: list[str]) -> dict[str, Rule]:
    """Deal stems to the kinds of words: the shortest to prepositions, half of the others to nouns, a quarter to verbs."""
    first = max(1, len(stems) // 25)
    rest = stems[first:]
    kinds = {"Preposition": stems[:first], "Noun": rest[::2], "Verb": rest[1::4]}
    kinds |= {"Adjective": rest[3::8], "Adverb": rest[7::8]}
    return {
        kind: Rule([(stem,) for stem in dealt], [2**40 // rank for rank in range(1, len(dealt) + 1)])
        for kind, dealt in kinds.items()
    }


def invent_stems(n: int, rng: Random) -> list[str]:
    """So many different words of one to three syllables, short ones first."""

    def letter(letters: str) -> str:
        return letters[rng.getrandbits(16) % len(letters)]

    stems: dict[str, None] = {}
    while len(stems) < n:
        syllables = 1 + rng.getrandbits(1) + rng.getrandbits(1)
        stems["".join(letter(CONSONANTS) + letter(VOWELS) for _ in range(syllables))] = None
    return sorted(stems, key=len)
