"""What Python says about itself, read once for all tests of it."""

import pytest

from wordorder.source import library
from wordorder.source.python_docs import PythonDocs


@pytest.fixture(scope="session")
def collected():
    return library.collect_documents()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, collected):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "collect_documents", lambda: collected)
        made = PythonDocs(seed=0, cache=str(tmp_path_factory.mktemp("sources")))
        made.digest()
    return made
