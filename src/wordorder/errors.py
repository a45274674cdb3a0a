"""The one error that a person can put right, and which name they may have meant; every room and shelf may use both.

The command line prints the error without a traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """One sentence that names the key, the value and the way out."""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three names: those that are spelt like the word, the most like first, then those that it is the beginning of."""
    names = list(known)
    like = get_close_matches(word, names, n=3, cutoff=0.5)
    longer = [name for name in names if word and name.startswith(word)]
    return list(dict.fromkeys([*like, *longer]))[:3]
