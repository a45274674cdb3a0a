"""library: what Python says about itself: docstrings of its modules, topics of its reference, docs of its C modules."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import sysconfig
import tokenize
import warnings
from pathlib import Path

from wordorder.errors import InputError
from wordorder.source.base import Document

MINIMUM = 80  # characters of a docstring; shorter ones are mostly "Return x."
NOT_PROSE = {"test", "tests", "idle_test", "lib2to3", "site-packages", "dist-packages", "__pycache__"}
WAY_OUT = "give a text of your own with `source=text_file source.train=my.txt`"


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
