"""python_docs: about 2 MB of English technical prose that every CPython carries, so that a run needs no download.

A document is all docstrings of one standard-library module, one topic of the language reference
(`pydoc_data.topics`) or all docs of one C module. A passage that occurs twice, white space aside, is kept once.
Packages (`_json` belongs to `json`) and topics are split 80/10/10 by bytes; then val and test lose the paragraphs
that share 13 words in a row with train, and test also those shared with val. `describe` tells what overlap remains.

Limits: narrow, templated, practically ASCII, and different in every Python version and packaging, so that numbers may
be compared only where the digest is the same. It serves to try things out, not to make claims about language.
"""

import sys
from collections.abc import Callable
from typing import Any

from wordorder.source import disjoint, library
from wordorder.source.base import Facts
from wordorder.source.kept import KeptSource, Sinks


class PythonDocs(KeptSource):
    """The corpus, made once for each Python and seed (a few seconds) and kept in `<cache>/python_docs-<key>/`.

    `seed` draws which packages go to which split; a document's facts are `kind` (module, c_module, topic) and `name`.
    Raises InputError where Python has no sources, topics or C docs.
    """

    parts = (library, disjoint)

    def __init__(self, *, seed: int, cache: str):
        super().__init__(cache=cache)
        self.seed = seed

    def depends_on(self) -> Any:
        sizes = [(name, path.stat().st_size, path.stat().st_mtime_ns) for name, path in library.list_library()]
        return sys.version, sys.platform, self.seed, sizes

    def prepare(self) -> Callable[[Sinks], Facts]:
        return self._write

    def _write(self, sinks: Sinks) -> Facts:
        """Write the corpus; tell the Python, documents and bytes, paragraphs dropped and the overlap that remains."""
        splits, facts = disjoint.split_corpus(library.collect_documents(), self.seed)
        for split, documents in splits.items():
            for document in documents:
                sinks[split].write(document.text, document.facts)
        return {"python": sys.version.split()[0]} | facts
