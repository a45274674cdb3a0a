"""hub: a data set is found, in a folder on this machine, on the Hugging Face hub or in that hub's cache.

The hub is asked for the commit and the set then taken at it, since a branch may move. Where the hub cannot be reached, what
another program left in its cache serves, but never another commit than the one asked for. Only files whose text stays as
it is are read, and no code that comes with a set is ever run.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from wordorder.errors import InputError
from wordorder.source.hub_folder import find_folder

if TYPE_CHECKING:  # imported where it is used, since it takes seconds
    from datasets import DatasetBuilder

KINDS = ("parquet", "json", "arrow")  # of the others, text rewrites line ends and csv reads "NA" as nothing
PATIENCE = 5.0  # seconds for the hub to answer; the library's own attempts go on for half a minute
WAY_OUT = "text files are for source=text_file, and tables can be written as parquet"


def open_set(name: str, config: str, revision: str) -> tuple["DatasetBuilder", str]:
    """Return the library's reader of a set and its commit, "" for a folder's."""
    folder = find_folder(name)
    if folder and revision != "main":
        raise InputError(f"source.revision={revision} is for the hub; check it out in {folder} and leave it at main")
    commit, away = ("", "") if folder else ask_hub(name, revision)
    builder = load_builder(name, config, commit, away)
    kind = builder.info.builder_name
    if kind not in KINDS:
        raise InputError(f"source.name={name} is read as {kind}, which does not keep its text as it is; {WAY_OUT}")
    # The library takes whatever commit its cache holds when anything fails on the way.
    if not folder and not builder.hash.startswith(commit or revision.removeprefix("main")):
        why = away or "the hub's files cannot be read"
        raise InputError(f"source.revision={revision} is not what the hub's cache holds, {builder.hash}, and {why}")
    return builder, "" if folder else builder.hash


def load_builder(name: str, config: str, commit: str, away: str) -> "DatasetBuilder":
    """Have the library find a set; `away` says why the hub cannot be asked, "" if it can."""
    from datasets import load_dataset_builder

    try:
        with stay_offline() if away else nullcontext():
            return load_dataset_builder(str(find_folder(name) or name), config or None, revision=commit or None)
    except ConnectionError as error:
        raise InputError(
            f"source.name={name} is no folder here nor in the hub's cache, and {away or tell(error)}; where there is a network, "
            f"run `hf download {name} --repo-type dataset --local-dir FOLDER` once (--include takes a part), then give "
            "source.name=FOLDER"
        ) from error
    except Exception as error:  # the library's own and its parsers'
        of_config = isinstance(error, ValueError) and "onfig" in str(error)
        key = f"config={config}" if of_config else f"name={name}"
        raise InputError(f"source.{key} cannot be used: {tell(error)}") from error


def ask_hub(name: str, revision: str) -> tuple[str, str]:
    """Return the commit of a revision, or why the hub cannot be asked."""
    from datasets import config
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    if config.HF_HUB_OFFLINE:
        return "", "HF_HUB_OFFLINE is set (unset it to ask the hub)"
    try:
        return HfApi().dataset_info(name, revision=revision, timeout=PATIENCE).sha, ""
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise InputError(
            f"source.name={name} is no folder here, and the hub says of {revision}: {tell(error)}"
        ) from error
    except Exception as error:  # the network's
        return "", f"the hub cannot be reached ({tell(error)})"


@contextmanager
def stay_offline() -> Iterator[None]:
    """Have the library look into its cache only, which it otherwise does after half a minute."""
    from datasets import config

    before, config.HF_HUB_OFFLINE = config.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        config.HF_HUB_OFFLINE = before


def tell(error: BaseException) -> str:
    """Say in one line what went wrong."""
    return " ".join(f"{error}".split()) or type(error).__name__
