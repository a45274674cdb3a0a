"""A set is found in a folder, on the hub at one commit or in the hub's cache; else a sentence says what to do."""

from pathlib import Path
from types import SimpleNamespace

import datasets
import huggingface_hub
import pytest
from mirrors import write_wikitext

from wordorder.errors import InputError
from wordorder.source.hub import open_set

pytestmark = pytest.mark.usefixtures("no_network")
COMMIT = "c" * 40


def texts(builder, streaming):
    if streaming:
        return [row["text"] for row in builder.as_streaming_dataset(split="test")]
    builder.download_and_prepare()
    return builder.as_dataset(split="test")["text"][:]


def test_a_branch_is_pinned_to_its_commit(hub):
    builder, commit = open_set("someone/set", "", "v2")
    assert commit == hub.commit and len(texts(builder, True)) == 10
    assert hub.asked == [("commit", "someone/set", "v2"), ("files", "someone/set", hub.commit)]


def test_a_folder_has_no_commit_and_no_hub_is_asked_about_it(hub, own):
    builder, commit = open_set(str(own), "", "main")
    assert (commit, len(texts(builder, True)), hub.asked) == ("", 10, [])
    with pytest.raises(InputError, match="^source.revision=v2 is for the hub; check it out in .*own"):
        open_set(str(own), "", "v2")


# The hub's cache.


@pytest.fixture
def cached(own, tmp_path):
    """The library's cache as a program left it that loaded someone/own once."""
    builder = datasets.load_dataset_builder(str(own))
    builder.download_and_prepare()
    place = tmp_path / "hub cache" / "someone___own" / "default" / "0.0.0"
    place.mkdir(parents=True)
    Path(builder.cache_dir).rename(place / COMMIT)


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("streaming", [True, False])
def test_the_hubs_cache_serves_where_the_hub_cannot_be_reached(cached, own, monkeypatch, offline, streaming):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", offline)
    expected = texts(open_set(str(own), "", "main")[0], streaming)
    for revision in ("main", COMMIT):
        builder, commit = open_set("someone/own", "", revision)
        assert (texts(builder, streaming), commit) == (expected, COMMIT)
    assert datasets.config.HF_HUB_OFFLINE == offline
    with pytest.raises(InputError, match=f"source.revision=abc is not what the hub's cache holds, {COMMIT}"):
        open_set("someone/own", "", "abc")
    with pytest.raises(InputError, match=r"source.config=nope cannot be used: .*default"):
        open_set("someone/own", "nope", "main")


def test_another_commit_out_of_the_cache_is_not_taken_silently(cached, monkeypatch):
    # The library falls back to its cache when anything fails after the hub named the commit.
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda *_, **__: SimpleNamespace(sha="d" * 40))
    monkeypatch.setattr(huggingface_hub.HfApi, "hf_hub_download", lambda *_, **__: 1 / 0)
    with pytest.raises(InputError, match=f"source.revision=main is not what the hub's cache holds, {COMMIT}"):
        open_set("someone/own", "", "main")


@pytest.mark.parametrize(
    ("offline", "why"), [(True, "HF_HUB_OFFLINE is set"), (False, "cannot be reached .no network.")]
)
def test_without_hub_and_copy_the_way_out_is_told_at_once(monkeypatch, offline, why):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", offline)
    way = "hf download roneneldan/TinyStories .*once.*source.name=FOLDER"
    with pytest.raises(InputError, match=f"source.name=roneneldan/TinyStories is no folder.*{why}.*{way}"):
        open_set("roneneldan/TinyStories", "", "main")


def test_what_the_hub_does_not_have_is_told(monkeypatch):
    def miss(*_, **__):
        raise huggingface_hub.errors.RepositoryNotFoundError(
            "404: no such\nset", response=SimpleNamespace(headers={}, request=None)
        )

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", miss)
    with pytest.raises(
        InputError, match="source.name=someone/nothing is no folder here, and the hub says of main: 404: no such set"
    ):
        open_set("someone/nothing", "", "main")


# What is in a set.


def test_a_set_of_several_configurations_names_them(tmp_path):
    with pytest.raises(InputError, match="source.config= cannot be used: .*'wikitext-2-raw-v1'"):
        open_set(str(write_wikitext(tmp_path / "wikitext")), "", "main")


@pytest.mark.parametrize(("suffix", "kind"), [("txt", "text"), ("csv", "csv")])
def test_files_whose_text_would_change_are_refused(tmp_path, suffix, kind):
    (tmp_path / "own").mkdir()
    for split in ("train", "validation", "test"):
        (tmp_path / "own" / f"{split}.{suffix}").write_bytes(b"text\r\nNA\r\n")
    with pytest.raises(InputError, match=f"source.name=.*own is read as {kind}, .*source=text_file"):
        open_set(str(tmp_path / "own"), "", "main")


@pytest.mark.parametrize("script", ["own.py", "loader.py"])
@pytest.mark.parametrize("beside", [True, False])
def test_no_script_of_a_set_is_run(tmp_path, own, script, beside):
    if not beside:
        for file in own.iterdir():
            file.unlink()
    (own / script).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    if beside and script == "loader.py":
        assert len(texts(open_set(str(own), "", "main")[0], True)) == 10
    else:
        with pytest.raises(InputError, match="source.name=.*(scripts are no longer supported|No .*data files)"):
            open_set(str(own), "", "main")
    assert not (tmp_path / "ran").exists()
