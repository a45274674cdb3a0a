"""digits: which tokens are digits, for schemes that read numbers."""

DIGITS = [b"%d" % digit for digit in range(10)]


def token_ids(vocab: list[bytes], wanted: list[bytes]) -> list[int]:
    """The ids of the tokens that stand for one of these."""
    return [n for n, token in enumerate(vocab) if token in wanted]


def refuse_mixed(vocab: list[bytes], scheme: str) -> None:
    """ValueError where a token holds a digit beside other bytes: the digits of a number could then not be told apart."""
    mixed = [token for token in vocab if len(token) > 1 and any(digit in token for digit in DIGITS)]
    if mixed:
        raise ValueError(
            f"{scheme} needs each digit to be a token, and {len(mixed)} of this vocabulary hold one beside others, such as "
            f"{mixed[0]!r}: use tokenizer=byte or tokenizer=char"
        )
