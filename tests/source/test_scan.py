from collections import Counter
from random import Random

import pytest
from tasks import SIZES, check_examples, examples

from wordorder.source.scan import Scan, list_commands

PUBLISHED = {  # Lake and Baroni 2018, figure 1
    "jump": "JUMP",
    "jump left": "LTURN JUMP",
    "jump around right": "RTURN JUMP RTURN JUMP RTURN JUMP RTURN JUMP",
    "turn left twice": "LTURN LTURN",
    "jump thrice": "JUMP JUMP JUMP",
    "jump opposite left and walk thrice": "LTURN LTURN JUMP WALK WALK WALK",
    "jump opposite left after walk around left": "LTURN WALK LTURN WALK LTURN WALK LTURN WALK LTURN LTURN JUMP",
}
SHORT = {"JUMP": "J", "WALK": "W", "LTURN": "<", "RTURN": ">"}


@pytest.fixture(scope="module")
def scan():
    return Scan(**SIZES | dict(train_lengths=[1, 22], test_lengths=[2, 48]))


def test_the_oracle_solves_it_and_splits_share_no_prompt(scan):
    check_examples(scan)


@pytest.mark.parametrize("command", PUBLISHED)
def test_published_examples(scan, command):
    actions = "".join(f" {SHORT[word]}" for word in PUBLISHED[command].split())
    assert scan.solve(f"{command} =") == actions
    assert " ".join(list_commands()[command]) == actions[1:]


def test_sizes_are_the_published_ones():
    lengths = Counter(map(len, list_commands().values()))
    assert lengths.total() == 20910
    short = sum(count for length, count in lengths.items() if length <= 22)
    assert (short, 20910 - short) == (16990, 3920)  # the published split by length
    assert sorted(length for length in lengths if length > 25) == [26, 27, 28, 30, 32, 33, 36, 40, 48]


def test_two_routes_give_every_command_the_same_actions(scan):
    for command, actions in list_commands().items():
        assert scan.solve(f"{command} =") == " " + " ".join(actions)


def test_length_counts_actions_and_each_that_exists_is_as_frequent(scan):
    found = Counter()
    for split, document in examples(scan):
        assert len(document.text.partition(" =")[2].split()) == document.facts["length"]
        found[document.facts["length"]] += split == "train"
    trained = {length: count for length, count in found.items() if count}
    assert sorted(trained) == [length for length in range(1, 23)]
    assert max(trained.values()) - min(trained.values()) <= 1
    assert not scan.exists(23) and 23 not in found


def test_every_command_of_a_length_is_drawn(scan):
    rng = Random(0)
    drawn = Counter(scan.draw(2, rng).pieces[0][0] for _ in range(8800))
    assert sorted(drawn) == sorted(f"{command} =" for command, actions in list_commands().items() if len(actions) == 2)
    assert all(abs(count - 100) < 5 * 100**0.5 for count in drawn.values())  # deviations are below the root


def test_chance_is_one_over_the_answers_there_are(scan):
    for length in (1, 2, 48):
        answers = {actions for actions in list_commands().values() if len(actions) == length}
        assert scan.draw(length, Random(0)).chance == 1 / len(answers)
    assert scan.draw(1, Random(0)).chance == 1 / 6  # four verbs and two turns


def test_lengths_that_no_command_has_are_refused():
    with pytest.raises(ValueError, match=r"test_lengths=\[34, 35\] holds no length that the task has"):
        Scan(**SIZES | dict(test_lengths=[34, 35]))
    with pytest.raises(ValueError, match=r"test_lengths=\[2, 49\] .*the highest at most 48"):
        Scan(**SIZES | dict(test_lengths=[2, 49]))
