"""The shop: what a training took, beside its artifact. That a recipe is trained once, whatever happens, is in the contract."""

from wordorder.tokenizer.base import Tokenizer
from wordorder.tokenizer.shop import SAMPLE, train_once, training_cost


class Fixed(Tokenizer):
    """A given vocabulary."""

    def __init__(self, *vocab: bytes):
        self.vocab = list(vocab)


def test_what_a_training_took_lies_beside_its_artifact(tmp_path):
    """A training that reads two texts of six bytes; the speed is measured on the start of the whole text all the same."""

    class Two(Fixed):
        def train(self, texts):
            self.vocab = [text.encode() for _, text in zip(range(2), texts, strict=False)]

        def encode_batch(self, texts):
            encoded.extend(texts)
            return []

    encoded, tokenizer = [], Two()
    train_once(tokenizer, lambda: iter(["ab", "cdé", "f", "x" * SAMPLE, "y"]), tmp_path, "recipe-cost")
    cost = training_cost(tmp_path, tokenizer.digest())
    assert (tokenizer.vocab, cost["bytes"]) == ([b"ab", "cdé".encode()], 6)
    assert cost["seconds"] > 0 and cost["encode_bytes_per_second"] > 0
    assert encoded[:3] == ["ab", "cdé", "f"] and sum(map(len, encoded)) == SAMPLE


def test_an_artifact_from_elsewhere_has_no_cost(tmp_path):
    Fixed(b"a").save(tmp_path / Fixed(b"a").digest())
    assert training_cost(tmp_path, Fixed(b"a").digest()) == {}
    assert training_cost(tmp_path, "never made") == {}
