"""What is said before the first step."""

import pytest
import runs


@pytest.mark.parametrize(("asked", "said"), [(280, False), (5000, True)])
def test_a_vocabulary_smaller_than_asked_for_is_announced(asked, said, here, compose_config, capsys):
    outcome = runs.run(compose_config, {"tokenizer": "bpe", "tokenizer.vocab_size": asked, "trainer.budget": 1})
    actual = runs.facts_of(outcome.folder)["vocabulary"]["actual"]
    assert (actual < asked) == said
    assert (f", vocabulary {actual:,} of {asked:,} asked for\n" in capsys.readouterr().out) == said


@pytest.mark.parametrize(
    ("evaluation", "said"), [("[bits_per_byte]", " of training, then evaluations, "), ("[]", " s of training, ")]
)
def test_the_time_that_is_announced_is_of_training_and_evaluations_are_named(
    evaluation, said, here, compose_config, capsys
):
    runs.run(compose_config, {"trainer.budget": 1, "evaluation": evaluation})
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "MB of disk" in line]
    assert "), about " in line and said in line
