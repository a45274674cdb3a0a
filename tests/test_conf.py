"""Every yaml in conf/ composes, and says exactly what the constructor that it names takes."""

import importlib
import inspect
import itertools
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import runs
import yaml
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException, MissingConfigException
from omegaconf import OmegaConf

from wordorder.check import check, fits, locate
from wordorder.errors import InputError

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
TOPS = sorted(path.stem for path in CONF.glob("*.yaml"))
FILES = sorted(path.relative_to(CONF).with_suffix("").as_posix() for path in CONF.rglob("*.yaml"))
OPTIONS = [name for name in FILES if "/" in name]
GIVEN = {"model": {"vocab_size", "position"}}  # by the code, not by a yaml
WITHIN = {"model/scale": ["model=gpt2"]}  # sizes are a choice of families alone
CHECKED_BY = {  # command -> the module whose KEYS are the types of its plain keys
    "train": "scalars",
    "evaluate": "asking",
    "compare": "comparing_runs",
    "sync_wandb": "syncing",
    "generate": "generating",
    "export": "exporting",
    "show_data": "show.data",
    "show_input": "show.input",
    "show_position": "show.position",
}
REQUIRED = {  # by a person
    "source/text_file": ["source.train=own.txt"],
    "source/hub_text": ["source.name=own/set"],
    "tokenizer/pretrained": ["tokenizer.path=own.json"],
}


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8")) or {}


@cache
def composed(top: str, words: tuple[str, ...]) -> dict[str, Any]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(top, overrides=list(words), return_hydra_config=True)
        own = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
        return OmegaConf.to_container(own, resolve=True)


def compose_plain(*words: str, top: str = "train") -> dict[str, Any]:
    return deepcopy(composed(top, words))


def words_for(option: str) -> list[str]:
    group, _, name = option.rpartition("/")
    return [
        f"{group}=[{name}]" if group == "evaluation" else f"{group}={name}",
        *WITHIN.get(group, []),
        *REQUIRED.get(option, []),
    ]


def nodes(value: Any, key: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Everything with a `_target_` in a plain config, with its full key."""
    found = [(key, value)] if isinstance(value, dict) and "_target_" in value else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        found += nodes(part, f"{key}.{name}" if key else str(name))
    return found


def node_of(option: str) -> tuple[str, dict[str, Any]] | None:
    """The node that an option brings into the training config; None where it brings none or is Hydra's."""
    group, _, name = option.rpartition("/")
    key = f"evaluation.{name}" if group == "evaluation" else group.replace("/", ".")
    return next(((at, node) for at, node in nodes(compose_plain(*words_for(option))) if at == key), None)


def own_keys(node: dict[str, Any]) -> list[str]:
    """The arguments that a yaml gives values to."""
    return [key for key in node if key not in ("_target_", "defaults")]


def chosen_keys(node: dict[str, Any]) -> list[str]:
    """The arguments that a yaml fills from other files: `frequencies: plain` and `/position@scheme: rope` name one each."""
    chosen = {
        group: choice
        for entry in node.get("defaults", [])
        if isinstance(entry, dict)
        for group, choice in entry.items()
    }
    sizes = own_keys(read(f"model/scale/{chosen.pop('scale')}")) if "scale" in chosen else []  # spread over the model
    beside = [group for group in chosen if "@_global_." in group]  # a choice beside its own
    return [*(re.split("[/@]", group)[-1] for group in chosen if group not in beside), *sizes]


BY_SCHEMA = ("hydra/launcher/joblib", "hydra/launcher/submitit_slurm")  # Hydra holds these against their plugins' own
NODES = [name for name in OPTIONS if "_target_" in read(name) and not name.startswith("hydra/")]
ARGUMENTS = [(name, key) for name in NODES for key in own_keys(read(name))]


@pytest.mark.parametrize("top", TOPS)
def test_the_tables_of_contents_compose(top):
    config = compose_plain(top=top)
    assert yaml.safe_load(yaml.safe_dump(config)) == config  # plain values only


@pytest.mark.parametrize("option", OPTIONS)
def test_every_choice_composes(option):
    config = compose_plain(*words_for(option))
    assert "${" not in yaml.safe_dump(config)


@pytest.mark.parametrize("top", TOPS)
def test_every_plain_key_at_the_top_has_a_type_that_its_value_fits(top):
    types = importlib.import_module(f"wordorder.{CHECKED_BY[top]}").KEYS
    plain = {key: value for key, value in compose_plain(top=top).items() if not isinstance(value, dict)}
    assert set(types) == set(plain)
    assert not [key for key, value in plain.items() if not fits(value, types[key])]


@pytest.mark.parametrize("top", TOPS)
def test_help_begins_with_a_purpose_and_examples_and_says_where_keys_are_explained(top, capsys):
    assert runs.typed(top, "--help") == 0
    purpose, _, *rest = capsys.readouterr().out.splitlines()
    assert purpose.endswith(".") and "Hydra" not in purpose
    examples = list(itertools.takewhile(bool, rest))
    assert len(examples) >= 2 and all(line.startswith(f"  python scripts/{top}.py ") for line in examples)
    assert rest[len(examples) + 1] == "What a key means stands beside it in the files of conf/."


@pytest.mark.parametrize("top", TOPS)
def test_no_value_is_null(top):
    def nulls(value: Any, key: str) -> list[str]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [key] * (value is None) + [null for name, part in inner for null in nulls(part, f"{key}.{name}")]

    assert not nulls(compose_plain(top=top), top)


@pytest.mark.parametrize("name", FILES)
def test_a_yaml_begins_with_what_it_is_and_holds_no_code(name):
    text = (CONF / f"{name}.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("# @package")]
    assert lines[0].startswith("# ")
    assert not re.search(r"\$\{[^}]*:", text), "no resolvers"
    assert "!!" not in text


def test_no_resolver_is_registered():
    for path in (ROOT / "src").rglob("*.py"):
        assert "register_new_resolver" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", [name for name in FILES if name not in BY_SCHEMA])
def test_every_target_can_be_imported_and_every_argument_is_listed(name):
    for key, node in nodes(read(name)):
        target = locate(node, name, ("wordorder", "hydra_plugins"))
        taken = set(inspect.signature(target).parameters) - GIVEN.get(name.split("/")[0], set())
        assert {*own_keys(node), *chosen_keys(node)} == taken, key


@pytest.mark.parametrize("option", NODES)
def test_every_value_fits_the_signature(option):
    key, node = node_of(option)
    check(node, key, given=tuple(GIVEN.get(key, ())))


@pytest.mark.parametrize(("option", "argument"), ARGUMENTS)
def test_a_value_of_another_type_is_refused_by_its_full_key(option, argument):
    key, node = node_of(option)
    with pytest.raises(InputError, match=re.escape(f"{key}.{argument}=[None]")):
        check(node | {argument: [None]}, key, given=tuple(GIVEN.get(key, ())))


@pytest.mark.parametrize(("option", "argument"), ARGUMENTS)
def test_a_missing_value_is_asked_for_by_its_full_key(option, argument):
    key, node = node_of(option)
    given = tuple(GIVEN.get(key, ()))
    with pytest.raises(InputError, match=re.escape(f"{key}.{argument} is required")):
        check(node | {argument: "???"}, key, given=given)
    without = {name: value for name, value in node.items() if name != argument}
    with pytest.raises(InputError, match=re.escape(f"{key}.{argument} is missing")):
        check(without, key, given=given)


@pytest.mark.parametrize("option", NODES)
def test_an_unknown_key_is_an_error_twice(option):
    key, node = node_of(option)
    with pytest.raises(ConfigCompositionException):
        compose_plain(*words_for(option), f"{key}.no_such_key=1")
    with pytest.raises(InputError, match=re.escape(f"{key}.no_such_key=1 is not known")):
        check(node | {"no_such_key": 1}, key, given=tuple(GIVEN.get(key, ())))


@pytest.mark.parametrize("word", ["no_such_key=1", "positoin=rope", "model.d_modle=64", "seeed=0"])
def test_a_misspelt_word_is_an_error(word):
    with pytest.raises((ConfigCompositionException, MissingConfigException)):
        compose_plain(word)


@pytest.mark.parametrize(
    "group", sorted({name.rpartition("/")[0] for name in OPTIONS} - {"hydra/launcher", "hydra/sweeper"})
)
def test_an_unknown_choice_is_an_error(group):
    with pytest.raises(MissingConfigException):
        compose_plain(f"{group}=no_such_choice", *WITHIN.get(group, []))


@pytest.mark.parametrize("option", NODES)
def test_choices_in_a_comment_are_all_there_are(option):
    hints = get_type_hints(locate(read(option), option, ()).__init__)
    text = (CONF / f"{option}.yaml").read_text(encoding="utf-8")
    for key, value in [(key, value) for key, value in read(option).items() if key in own_keys(read(option))]:
        line = next(line for line in text.splitlines() if line.startswith(f"{key}:"))
        comment = line.partition("  # ")[2]
        if get_origin(hints.get(key)) is Literal and " | " in comment:
            named = [part.split()[0] for part in comment.split(" | ")]
            assert tuple(named) == get_args(hints[key]), line
            assert value in named


def test_a_word_replaces_a_choice_whole():
    assert set(compose_plain("position=alibi")["position"]) == {"_target_", "n_heads", "learned"}
    assert set(compose_plain("evaluation=[length_sweep]")["evaluation"]) == {"length_sweep"}
    assert compose_plain("evaluation=[]").get("evaluation", {}) == {}


def test_one_value_lives_in_one_place():
    config = compose_plain("position=rope", "model.n_heads=8", "model.head_dim=16", "seed=7", "trainer.batch_size=4")
    assert config["position"]["head_dim"] == 16
    assert config["model"]["n_kv_heads"] == 8
    assert (config["weight_seed"], config["data_seed"]) == (7, 7)
    assert config["trainer"]["micro_batch_size"] == 4
    assert compose_plain("position=learned", "model.context_length=64")["position"]["n_positions"] == 64
