"""Runs that a person names: to be evaluated, loaded, or to give their weights to another."""

from pathlib import Path

from wordorder.check import Config
from wordorder.errors import InputError, nearest
from wordorder.record.run_record import RunRecord
from wordorder.tokenizer.base import Tokenizer

RUN = "OUTPUT_DIR/NAME/POSITION-TOKENIZER-SOURCE-sSEED-DIGEST"


def open_parent(config: Config, tokenizer: Tokenizer) -> RunRecord:
    """The run that weights are taken from. Raises InputError naming the keys in which its model or tokenizer differs."""
    folder = Path(config["initialize_from"])
    record = open_run(folder, "initialize_from")
    theirs = record.config()
    for section, paths in (("model", {}), ("tokenizer", tokenizer.contents())):
        asked = [{key: value for key, value in c[section].items() if key not in paths} for c in (theirs, config)]
        differ = differing_keys(*asked, f"{section}.")
        if paths and not differ:  # the same file may lie elsewhere
            tokenizer.train(iter(()))
            same = tokenizer.digest() == record.facts["digests"]["tokenizer"]
            differ = [] if same else [f"{section}.{key}={config[section][key]} is another file" for key in paths]
        if differ:
            raise InputError(f"initialize_from={folder} was trained with another {section}: {'; '.join(differ)}")
    return record


def find_run(folder: Path, key: str) -> RunRecord:
    """A run's record, however far it is. Raises InputError where there is none, naming runs that are near."""
    record = RunRecord(folder)
    if not record.facts:
        raise InputError(f"{key}={folder} is no run folder{where_runs_are(folder)}")
    return record


def where_runs_are(folder: Path) -> str:
    """What was probably meant by a folder that is no run's."""
    if whole := next((above for above in folder.parents if (above / "run.json").is_file()), None):
        return f" but lies in one: {whole}"
    if inside := runs_in(folder):
        return (
            f" but holds {len(inside)}: name one, such as {folder / inside[0]}, or where a command takes several, all by "
            f"experiment={folder.name}"
        )
    if near := nearest(folder.name, runs_in(folder.parent)):
        return f"; did you mean {folder.parent / near[0]}?"
    return f": that is {RUN}, as training prints it at its end"


def runs_in(folder: Path) -> list[str]:
    """The names of the run folders in this one."""
    return sorted(path.parent.name for path in folder.glob("*/run.json"))


def open_run(folder: Path, key: str) -> RunRecord:
    """A trained run's record. Raises InputError where there is none."""
    record = find_run(folder, key)
    if path := record.facts.get("hugging_face"):
        raise InputError(f"{key}={folder} holds scores of a pretrained model, whose weights lie in {path}")
    if not record.trained:
        raise InputError(
            f"{key}={folder} is not trained to the end (status {record.facts.get('status')}): finish it first"
        )
    return record


def differing_keys(theirs: Config, ours: Config, prefix: str = "") -> list[str]:
    """ "key=a there, b here" for each value that differs, sections entered."""
    differ = []
    for name in dict.fromkeys([*theirs, *ours]):
        a, b = theirs.get(name), ours.get(name)
        if isinstance(a, dict) and isinstance(b, dict):
            differ += differing_keys(a, b, f"{prefix}{name}.")
        elif a != b:
            differ.append(f"{prefix}{name}={a!r} there, {b!r} here")
    return differ
