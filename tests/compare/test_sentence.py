"""The sentence above a page says of each arm what its verdict says, and no more."""

from wordorder.compare.comparison import compare


def say(lab, baseline: str = "none") -> str:
    return compare(lab, baseline=baseline, figures=[]).verdict


def test_arms_are_named_by_their_verdicts(add_run, lab):
    for seed, noise in enumerate((0.0, 0.001, -0.001)):
        add_run("none", seed)
        add_run("rope", seed, shift=noise)
        add_run("sinusoidal", seed, shift=-noise)
    said = say(lab)
    assert said.startswith("Against none, in bits per byte over 3 pairs of seeds: ")
    assert "rope (−0.1320, 95\u00a0% −0.1345 to −0.1295) is better" in said and "sinusoidal (+0.0760" in said
    assert said.endswith(" is worse.")


def test_too_few_seeds_are_no_verdict(add_run, lab):
    for position in ("none", "rope"):
        add_run(position)
    assert say(lab) == "No verdict: 1 pair of seeds, too few seeds to tell; a verdict takes 3."
    assert say(lab, baseline="") == "No verdict: no baseline was named (compare.baseline=ARM)."


def test_arms_have_too_few_seeds_where_others_are_better(add_run, lab):
    for seed, noise in enumerate((0.0, 0.001, -0.001)):
        add_run("none", seed)
        add_run("rope", seed, shift=noise)
    add_run("alibi")
    assert "over 1 to 3 pairs of seeds: alibi has too few seeds to tell; rope (" in say(lab)
    add_run("sinusoidal")
    assert "alibi and sinusoidal have too few seeds to tell; rope (" in say(lab)


def test_crossed_seeds_are_too_few_and_one_data_seed_is_a_condition(add_run, lab):
    def add(weight, data, noise):
        for position, shift in (("none", 0.0), ("rope", noise)):
            seeds = {"weight_seed": weight, "data_seed": data}
            facts = {"seeds": {"weight": weight, "data": data}}
            add_run(position, shift=shift, config=seeds, facts=facts)

    for weight in range(3):
        add(weight, 0, weight / 1000)
    assert say(lab).startswith("Against none, in bits per byte over 3 pairs of seeds, for data seed 0 alone: rope (")
    for weight in range(3):
        add(weight, 1, weight / 1000)
    assert say(lab) == "No verdict: 1 independent pair of seeds, too few seeds to tell; a verdict takes 3."


def test_one_arm_needs_no_sentence(add_run, lab):
    add_run("none")
    assert say(lab) == ""
