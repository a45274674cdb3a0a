"""A value from a config meets the signature that will receive it, before anything is called."""

from typing import Any, Literal

import pytest

from wordorder.check import check, check_types, fits, make
from wordorder.errors import InputError

MODULE = __name__


class Inner:
    def __init__(self, *, size: int):
        self.size = size


class Outer:
    def __init__(self, *, lr: float, kind: Literal["a", "b"], inner: Any, names: list[str], deep: bool = False):
        if lr < 0:
            raise ValueError(f"lr={lr} must not be negative")
        if lr > 9:
            raise ValueError("too large together")
        if lr == 9:
            raise InputError("source.lr: said in full")
        self.lr, self.inner, self.names, self.deep = lr, inner, names, deep


def node(**changed) -> dict[str, Any]:
    inner = {"_target_": f"{MODULE}.Inner", "size": 3}
    return {"_target_": f"{MODULE}.Outer", "lr": 0.5, "kind": "a", "inner": inner, "names": ["x"]} | changed


def test_a_node_and_the_nodes_in_it_are_made():
    made = make(node(), "outer")
    assert (made.lr, made.inner.size, made.names, made.deep) == (0.5, 3, ["x"], False)
    assert make(node(), "outer", deep=True).deep


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lrr": 1}, r"outer\.lrr=1 is not known to Outer: did you mean lr\?"),
        ({"lr": "fast"}, r"outer\.lr='fast' must be a number"),
        ({"lr": True}, r"outer\.lr=True must be a number"),
        ({"kind": "c"}, r"outer\.kind='c' must be one of a, b"),
        ({"names": "x"}, r"outer\.names='x' must be a list in which each is text"),
        ({"names": [1]}, r"outer\.names=\[1\] must be a list"),
        ({"deep": 1}, r"outer\.deep=1 must be true or false"),
        ({"lr": "???"}, r"outer\.lr is required: outer\.lr=VALUE"),
        ({"lr": -1.0}, r"^outer\.lr=-1\.0 must not be negative"),
        ({"lr": 10.0}, r"^outer: too large together"),
        ({"lr": 9.0}, r"^source\.lr: said in full"),
        ({"inner": {"_target_": f"{MODULE}.Inner", "size": 1.5}}, r"outer\.inner\.size=1\.5 must be a whole number"),
        ({"inner": {"_target_": f"{MODULE}.Inner"}}, r"outer\.inner\.size is missing"),
        ({"_target_": f"{MODULE}.Nothing"}, r"outer\._target_=.*Nothing cannot be imported"),
        ({"_target_": "nowhere.at.All"}, r"outer\._target_=nowhere.at.All cannot be imported"),
        ({"_target_": "plain"}, r"outer\._target_=plain cannot be imported"),
    ],
)
def test_what_the_signature_does_not_take_is_named_by_its_full_key(changed, said):
    with pytest.raises(InputError, match=said):
        make(node(**changed), "outer")


def test_the_first_key_of_another_type_is_named():
    types = {"run": str, "form": Literal["a", "b"], "n": int}
    check_types({"run": "x", "form": "a", "n": 3, "more": None}, types)
    with pytest.raises(InputError, match="^form='c' must be one of a, b$"):
        check_types({"run": "x", "form": "c", "n": "3"}, types)


def test_checking_calls_nothing():
    check(node(lr=-1.0), "outer")


@pytest.mark.parametrize("value", [None, "rope", {}, {"size": 3}, 3])
def test_what_names_nothing_to_make_is_refused(value):
    with pytest.raises(InputError, match="names nothing to make"):
        make(value, "position")


def test_only_packages_that_are_allowed_are_imported_inner_ones_too():
    own = MODULE.split(".")[0]
    assert make(node(), "outer", allow=(own,)).lr == 0.5
    with pytest.raises(InputError, match=rf"outer\._target_={MODULE}\.Outer .* allow=\[{own}\]"):
        make(node(), "outer", allow=("wordorder",))
    foreign = node(inner={"_target_": "subprocess.Popen", "args": "true"})
    with pytest.raises(InputError, match=r"outer\.inner\._target_=subprocess\.Popen"):
        make(foreign, "outer", allow=(own,))


def test_a_package_whose_name_begins_like_an_allowed_one_is_not_allowed():
    with pytest.raises(InputError, match="wordorder_evil"):
        make({"_target_": "wordorder_evil.Thing"}, "outer", allow=("wordorder",))


@pytest.mark.parametrize(
    ("value", "hint", "right"),
    [
        (1, float, True),
        (1.0, int, False),
        (True, int, False),
        (1, bool, False),
        (None, int | None, True),
        (None, int, False),
        ("1", int | None, False),
        ([], list[int], True),
        ([1, 2.5], list[float], True),
        ((1,), list[int], False),
        (True, Literal[1, 2], False),
        ("x", Any, True),
    ],
)
def test_a_value_fits_its_annotation_or_not(value, hint, right):
    assert fits(value, hint) is right


@pytest.mark.parametrize(
    ("position", "key", "way_out"),
    [
        ("rope", "frequencies", "position/frequencies=NAME"),
        ("randomized", "scheme", "position@position.scheme=NAME"),
    ],
)
def test_a_word_where_a_file_is_chosen_is_refused_with_the_way_to_choose(position, key, way_out, compose_config):
    node = compose_config(f"position={position}")["position"]
    with pytest.raises(InputError, match=f"position.{key}='yarn' is not a choice .*: {way_out}"):
        make(node | {key: "yarn"}, "position")
