"""What several sources' tests read: what Python says about itself, and a data set whose hub is out of reach."""

from types import SimpleNamespace

import pytest
from mirrors import write_shards

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


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    """The hub cannot be reached, its cache is empty, and nothing waits for either."""
    import datasets
    import huggingface_hub

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", refuse)
    monkeypatch.setattr(huggingface_hub.HfApi, "hf_hub_download", lambda *_, **__: pytest.fail("asked the hub again"))
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))


@pytest.fixture
def own(tmp_path):
    """A set of 100, 10 and 10 rows."""
    for split, count in (("train", 100), ("validation", 10), ("test", 10)):
        rows = [f"{split} row {number} é\r\n\u2028 " for number in range(count)]
        write_shards(
            tmp_path / "own", f"{split}-{{:05}}-of-{{:05}}.parquet", 2, text=rows, title=[row.upper() for row in rows]
        )
    return tmp_path / "own"


@pytest.fixture
def hub(own, no_network, monkeypatch):
    """A hub that has `own` as someone/set at a commit; `asked` holds what was asked of it."""
    import datasets
    import huggingface_hub

    commit, asked, load = "b08601e0" * 5, [], datasets.load_dataset_builder

    def find(self, name, *, revision, timeout):
        asked.append(("commit", name, revision))
        return SimpleNamespace(sha=commit)

    def load_dataset_builder(name, config, *, revision):
        if name != "someone/set":
            return load(name, config)
        asked.append(("files", name, revision))
        builder = load(str(own), config)
        builder.hash = revision  # as the library has it for sets of the hub
        return builder

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", find)
    monkeypatch.setattr(datasets, "load_dataset_builder", load_dataset_builder)
    return SimpleNamespace(commit=commit, asked=asked)
