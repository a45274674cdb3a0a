"""python_docs: about 2 MB of English technical prose that every CPython carries, so that a run needs no download.

A document is all docstrings of one standard-library module, one topic of the language reference
(`pydoc_data.topics`) or all docs of one C module. A passage that occurs twice, white space aside, is kept once.
Packages (`_json` belongs to `json`) and topics are split 80/10/10 by bytes; then val and test lose the paragraphs
that share 13 words in a row with train, and test also those shared with val. `describe` tells what overlap remains.

Limits: narrow, templated, practically ASCII, and different in every Python version and packaging, so that numbers may
be compared only where the digest is the same. It serves to try things out, not to make claims about language.
"""

import ast
import hashlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from wordorder.errors import InputError
from wordorder.source.base import SPLITS, Document, Source, Split

MINIMUM = 80  # characters of a docstring; shorter ones are mostly "Return x."
SHARED_RUN = 13  # words in a row that val and test may not share with train; the usual length in contamination checks
SHINGLE = 8  # words; shorter than SHARED_RUN, so that the reported overlap is not zero by construction
NOT_PROSE = {"test", "tests", "idle_test", "lib2to3", "site-packages", "dist-packages", "__pycache__"}
WAY_OUT = "give a text of your own with `source=text_file source.train=my.txt`"

Splits = dict[Split, list[Document]]


class PythonDocs(Source):
    """The corpus, made once for each Python and seed (a few seconds) and kept in `<cache>/python_docs-<key>/`.

    `seed` draws which packages go to which split. Raises InputError where Python has no sources, topics or C docs.
    """

    def __init__(self, *, seed: int, cache: str):
        self.seed = seed
        self.cache = Path(cache)

    def documents(self, split: Split) -> Iterator[Document]:
        """Yield the documents of `split`: facts hold `kind` (module, c_module, topic) and `name`."""
        files = self._meta["files"]  # asking for it makes and checks them
        with open(self._folder / files[split]["name"], "rb") as lines:
            for line in lines:
                yield Document(**json.loads(line))

    def digest(self) -> str:
        """Name the content without reading every text again: the value was taken when the corpus was made."""
        return self._meta["digest"]

    def describe(self) -> dict[str, int | float | str]:
        """Tell the Python, documents and bytes of each split, paragraphs dropped, and the overlap that remains."""
        return dict(self._meta["facts"])

    @cached_property
    def _folder(self) -> Path:
        sizes = [(name, path.stat().st_size, path.stat().st_mtime_ns) for name, path in list_library()]
        content = repr((sys.version, sys.platform, self.seed, inspect.getsource(sys.modules[__name__]), sizes))
        return self.cache / f"python_docs-{hashlib.sha256(content.encode()).hexdigest()[:16]}"

    @cached_property
    def _meta(self) -> dict:
        try:
            return read_intact(self._folder) or self._make()
        except OSError as error:
            raise InputError(f"source.cache={self.cache} cannot be used ({error}); name a writable folder") from error

    def _make(self) -> dict:
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._folder}.lock"):
            if (meta := read_intact(self._folder)) is None:  # else another process made it while this one waited
                meta = write_corpus(self._folder, *split_corpus(collect_documents(), self.seed))
        return meta


# What Python carries.


def list_library() -> list[tuple[str, Path]]:
    """List the standard library's files, extension modules included, tests left out, in the order of relative names."""
    root, found = Path(sysconfig.get_path("stdlib")), []
    # Packagers leave modules of their own here, some with paths of the machine: only Python's own names count.
    own = sys.stdlib_module_names | {"lib-dynload"}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_PROSE]
        inside = Path(folder).relative_to(root)
        for name in files:
            relative = (inside / name).as_posix()
            if name.endswith((".py", ".so", ".pyd")) and re.split(r"[/.]", relative)[0] in own:
                found.append((relative, Path(folder) / name))
    return sorted(found)


def collect_documents() -> list[tuple[str, Document]]:
    """Return (group, document) for all that Python says about itself, each passage only where it first occurs."""
    sources = [(name[:-3].replace("/", "."), path) for name, path in list_library() if name.endswith(".py")]
    if not sources:
        raise InputError(f"source=python_docs: no .py files in {sysconfig.get_path('stdlib')}; {WAY_OUT}")
    passages = [("module", name.removesuffix(".__init__"), read_docstrings(path)) for name, path in sources]
    passages += [("c_module", name, docs) for name, docs in run_read_c_docs().items()]
    passages += [("topic", name, text.split("\n\n")) for name, text in read_topics().items()]
    seen: set[str] = set()
    found = []
    for kind, name, texts in passages:
        kept = [text for text in texts if is_new(text, seen, keep_short=kind == "topic")]
        if kept:
            # `_json`, `json.decoder` and `json` say the same things, as do `_pydecimal` and `decimal`.
            group = f"topic {name}" if kind == "topic" else re.sub("^_(py)?", "", name.split(".")[0])
            found.append((group, Document("\n\n".join(kept), {"kind": kind, "name": name})))
    return found


def is_new(text: str, seen: set[str], *, keep_short: bool) -> bool:
    """Whether `text` is long enough (if it has to be) and not yet `seen`, white space aside; adds it."""
    words = " ".join(text.split())
    if len(words) < MINIMUM:
        return keep_short
    new = words not in seen
    seen.add(words)
    return new


def read_docstrings(path: Path) -> list[str]:
    """Return the docstrings of a module and of its classes and functions, in the order of the file."""
    with tokenize.open(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in old modules
        tree = ast.parse(file.read())
    holders = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(tree) if isinstance(node, holders)]
    nodes.sort(key=lambda node: getattr(node, "lineno", 0))  # walk goes level by level
    return [text for node in nodes if (text := ast.get_docstring(node))]


def read_topics() -> dict[str, str]:
    """Return the topics of the language reference by name."""
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise InputError(
            f"source=python_docs: this Python lacks pydoc_data.topics (Debian: install python3); {WAY_OUT}"
        ) from error
    return dict(sorted((name, text.strip()) for name, text in topics.items()))


def run_read_c_docs() -> dict[str, list[str]]:
    """Run `read_c_docs` in a fresh interpreter: importing everything has effects, and programs alter `builtins`."""
    program = f"{inspect.getsource(read_c_docs)}\nprint(); print(read_c_docs())"
    command = [sys.executable or "python", "-I", "-S", "-"]
    try:
        done = subprocess.run(command, input=program.encode(), capture_output=True, timeout=300, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(f"source=python_docs: cannot read the docs of C modules ({error}); {WAY_OUT}") from error
    return json.loads(done.stdout.splitlines()[-1])  # a module may print when imported


def read_c_docs() -> str:
    """Return the docs of every C module, its functions, classes and methods, as JSON; uses nothing outside itself."""
    import importlib.util
    import inspect
    import json
    import sys
    from importlib.machinery import BuiltinImporter, ExtensionFileLoader

    found = {}
    for name in sorted(sys.stdlib_module_names):  # holds no test extensions but a few _xx
        spec = None if name.startswith(("_test", "_xx", "xx")) else importlib.util.find_spec(name)
        if spec is None or not (spec.loader is BuiltinImporter or isinstance(spec.loader, ExtensionFileLoader)):
            continue
        try:
            module = importlib.import_module(name)
        except Exception:  # built, but a shared library is absent: a Python without it has no such docs either
            continue
        holders = [module]
        for _, thing in sorted(vars(module).items()):
            if inspect.isclass(thing):
                members = [member for _, member in sorted(vars(thing).items())]
                holders += [thing, *(m for m in members if inspect.isroutine(m) or inspect.isdatadescriptor(m))]
            elif inspect.isroutine(thing):
                holders.append(thing)
        docs = (getattr(holder, "__doc__", None) for holder in holders)
        found[name] = [inspect.cleandoc(text) for text in docs if isinstance(text, str)]
    return json.dumps(found)


# Three splits that share little.


def split_corpus(found: list[tuple[str, Document]], seed: int) -> tuple[Splits, dict[str, int | float | str]]:
    """Assign groups to splits, drop what val and test share with others, and return the splits and facts about them."""
    split_of = assign_groups(found, seed)
    splits: Splits = {split: [text for group, text in found if split_of[group] == split] for split in SPLITS}
    facts: dict[str, int | float | str] = {"python": sys.version.split()[0]}
    known: set[str] = set()
    for split in SPLITS:
        if split != "train":
            before = sum(document.text.count("\n\n") + 1 for document in splits[split])
            splits[split] = [kept for document in splits[split] if (kept := drop_shared(document, known)).text]
            facts[f"dropped_paragraphs_{split}"] = before - sum(d.text.count("\n\n") + 1 for d in splits[split])
        known.update(run for document in splits[split] for run in list_runs(list_words(document.text), SHARED_RUN))
        facts[f"documents_{split}"] = len(splits[split])
        facts[f"bytes_{split}"] = sum(len(document.text.encode()) for document in splits[split])
    in_train = {run for document in splits["train"] for run in list_runs(list_words(document.text), SHINGLE)}
    for split in ("val", "test"):
        runs = [run for document in splits[split] for run in list_runs(list_words(document.text), SHINGLE)]
        facts[f"overlap_{SHINGLE}_words_{split}"] = round(sum(run in in_train for run in runs) / max(1, len(runs)), 6)
    return splits, facts


def assign_groups(found: list[tuple[str, Document]], seed: int) -> dict[str, Split]:
    """Give val, then test, what fits into a tenth of the bytes, in an order drawn by `seed`, and train the rest."""
    sizes: dict[str, int] = {}
    for group, document in found:
        sizes[group] = sizes.get(group, 0) + len(document.text.encode())
    room: dict[Split, int] = {"val": sum(sizes.values()) // 10, "test": sum(sizes.values()) // 10}
    split_of: dict[str, Split] = {}
    for group in sorted(sizes, key=lambda group: hashlib.sha256(f"{seed} {group}".encode()).digest()):
        split_of[group] = next((split for split, free in room.items() if sizes[group] <= free), "train")
        if split_of[group] in room:
            room[split_of[group]] -= sizes[group]
    return split_of


def drop_shared(document: Document, known: set[str]) -> Document:
    """Drop every paragraph that brings a run of SHARED_RUN words into the document that is in `known`."""
    kept: list[str] = []
    before: list[str] = []  # a run may begin in an earlier paragraph
    for paragraph in document.text.split("\n\n"):
        words = before + list_words(paragraph)
        if known.isdisjoint(list_runs(words, SHARED_RUN)):
            kept.append(paragraph)
            before = words[1 - SHARED_RUN :]
    return Document("\n\n".join(kept), document.facts)


def list_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def list_runs(words: list[str], length: int) -> list[str]:
    return [" ".join(words[start : start + length]) for start in range(len(words) - length + 1)]


# The cached artifact.


class _InMemory(Source):
    def __init__(self, splits: Splits):
        self.splits = splits

    def documents(self, split: Split) -> Iterator[Document]:
        return iter(self.splits[split])


def write_corpus(folder: Path, splits: Splits, facts: dict[str, int | float | str]) -> dict:
    """Write splits and meta.json (returned) beside `folder` and rename into place; the caller holds the lock."""
    partial = folder.with_name(f"{folder.name}.partial")
    for leftover in (partial, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    partial.mkdir()
    files = {}
    for split in SPLITS:
        content = "".join(json.dumps({"text": d.text, "facts": d.facts}) + "\n" for d in splits[split]).encode()
        (partial / f"{split}.jsonl").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files[split] = {"name": f"{split}.jsonl", "size": len(content), "sha256": sha256}
    meta = {"digest": _InMemory(splits).digest(), "facts": facts, "files": files}
    (partial / "meta.json").write_text(json.dumps(meta, indent=1))
    partial.rename(folder)
    return meta


def read_intact(folder: Path) -> dict | None:
    """Return meta.json if every file is as it was written, else None."""
    try:
        meta = json.loads((folder / "meta.json").read_text())
        for split in SPLITS:
            file = meta["files"][split]
            content = (folder / file["name"]).read_bytes()
            if (len(content), hashlib.sha256(content).hexdigest()) != (file["size"], file["sha256"]):
                return None
        return meta if meta["digest"] and meta["facts"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
