"""The one error that a person can put right; every room and shelf may raise it, the command line prints it without a traceback."""


class InputError(ValueError):
    """One sentence that names the key, the value and the way out."""
