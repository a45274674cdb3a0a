"""A run's seeds are told from all else in its config."""

from wordorder.record.seeds import SEEDS, is_seed, without_seeds


def test_seeds_of_the_run_and_what_follows_them_are_seeds_and_those_of_a_text_are_not() -> None:
    followed = [*SEEDS, "seed", "position.seed", "position.scheme.draw_seed"]
    others = ["source.seed", "source.inner.seed", "position.seeds", "position.seeded", "optimizer.lr"]
    assert [key for key in (*followed, *others) if is_seed(key)] == followed


def test_a_config_loses_its_seeds_at_any_depth_and_nothing_else() -> None:
    config = {"data_seed": 1, "position": {"seed": 1, "scheme": {"seed": 2, "n": 3}}, "source": {"seed": 4}}
    assert without_seeds(config) == {"position": {"scheme": {"n": 3}}, "source": {"seed": 4}}
    assert config["position"]["seed"] == 1
