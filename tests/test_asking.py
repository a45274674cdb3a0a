"""A run that is asked under another scheme than its own."""

import runs

from wordorder import asking


def test_the_scheme_under_which_a_run_is_asked_is_made_once_and_its_scores_are_others(here, compose_config):
    folder = runs.run(compose_config, {"position": "rope", "trainer.budget": 2, "evaluation": "[]"}).folder
    made = []

    def under(theta: float):
        def override(trained: dict) -> dict:
            made.append(trained["position"] | {"theta": theta})
            return made[-1]

        return override

    for overrides, theta in (([], 10000.0), (["position.theta=2"], 2.0)):
        words = (f"run={folder}", "evaluation=[bits_per_byte]", "device=cpu")
        config = compose_config(*words, config_name="evaluate") | {"overrides": overrides}
        asking.evaluate(config, {}, typed=[], override=under(theta))
    assert len(made) == 2
    scores = {row["evaluation"]: row["value"] for row in runs.rows_of(folder / "scores.jsonl")}
    assert len(scores) == 2 and len(set(scores.values())) == 2
