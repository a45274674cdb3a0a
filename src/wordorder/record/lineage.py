"""How a run that takes its weights from another names that parent: by the parent's arm, so that children of its seeds are one."""

import re
from collections.abc import Callable
from pathlib import Path

from wordorder.errors import InputError
from wordorder.record.folders import read_config
from wordorder.record.rows import Row


def name_parent(folder: str, digest_arm: Callable[[Row], str]) -> str:
    """The parent's name with the digest of its arm in place of its seed and identity; "" for no parent.

    `digest_arm`: of a config, without its seeds and with its own parent named in this way. A parent that cannot be read is
    called by its experiment and whole name, which no run of another seed shares.
    """
    path = Path(folder)
    try:
        config = read_config(path) if folder else {}
    except InputError:
        config = {}
    if not config:
        return "/".join(path.parts[-2:])
    return f"{re.sub(r'-s[0-9]+-[0-9a-f]{8}$', '', path.name)}-{digest_arm(config)[:12]}"
