"""In what arms differ: the factors, and the level that each arm has of them."""

from wordorder.compare.arms import make_arms
from wordorder.compare.evidence import Evidence
from wordorder.compare.factors import levels_of
from wordorder.compare.single_arms import make_single_arms
from wordorder.record.folders import list_runs
from wordorder.record.read import read_runs, read_scores


def test_a_scheme_s_own_seed_follows_the_run_s(add_run, lab):
    folders = [add_run("rope", n, config={"position": {"seed": n}}) for n in (0, 1)]
    arms = make_single_arms(folders)
    assert set(levels_of(Evidence(read_runs(lab), read_scores(lab), arms, {}, single=True))) == {"seed"}


def test_what_a_choice_brings_is_one_factor_and_a_key_of_its_own_is_another(add_run, lab):
    for position in ("none", "rope"):
        for lr in (0.001, 0.004):
            add_run(position, config={"optimizer": {"lr": lr}})
    levels = levels_of(Evidence(read_runs(lab), read_scores(lab), make_arms(list_runs(lab)), {}))
    assert list(levels) == ["position", "optimizer.lr"]
    assert [len(set(own)) for own in levels.values()] == [2, 2]
