"""Names of folders, which can be typed without quotes: letters, digits, '.', '_' and '-'."""

from wordorder.errors import InputError

SIGNS = "._-"


def check_folder_name(name: str, key: str) -> None:
    """Raise InputError for a name that a person gives at `key` and that cannot be a folder's, as one of dots alone."""
    if not name.strip(".") or to_folder_name(name) != name:
        raise InputError(f"{key}={name!r} becomes a folder: use letters, digits, '.', '_' and '-'")


def to_folder_name(text: str) -> str:
    """The text with `_` for every other sign."""
    return "".join(c if c.isalnum() or c in SIGNS else "_" for c in text)
