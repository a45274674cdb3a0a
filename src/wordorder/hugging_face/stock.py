"""stock: what one class of transformers calls our choices, sizes and weights, and which of our choices it has."""

from typing import Any, ClassVar

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.weights import Weight
from wordorder.model.plain import PLAIN
from wordorder.model.transformer import Transformer

USUAL = PLAIN | {"bias": False}  # a class says its own beside it

SPELT_OUT = {  # the keys of most classes: our choice -> theirs
    "d_model": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
    "context_length": "max_position_embeddings",
    "init_std": "initializer_range",
}


class Unlike(ValueError):
    """Choices that the stock class at hand does not have, an argument each."""


class Stock:
    """One class: tables that serve reading and writing, and two methods for what tables cannot say."""

    model_type: ClassVar[str]  # as config.json names it
    architecture: ClassVar[str]
    prefix: ClassVar[str]  # of most weights; some folders on the hub leave it out
    keys: ClassVar[dict[str, str]]  # our choice -> their key, of the same value
    has: ClassVar[dict[str, Any]]  # our choice -> the only value the class has
    needs: ClassVar[dict[str, Any]]  # their key -> the only value known here, which is also that of an absent key
    absent: ClassVar[dict[str, Any]] = {}  # their key -> the value of an absent key
    free: ClassVar[tuple[str, ...]] = ()  # choices that read_more and write_more look after
    dropouts: ClassVar[tuple[str, ...]]  # their keys
    heads_alike: ClassVar[bool] = True  # each head has its own keys and values, and head_dim is d_model / n_heads
    weights: ClassVar[tuple[Weight, ...]]
    head: ClassVar[str] = "lm_head.weight"  # of an untied model
    ignored: ClassVar[tuple[str, ...]] = ()  # ends of names of tensors that do not matter here

    def read(self, config: Config) -> tuple[Config, Config]:
        """(choices of Transformer, node of the scheme) that a config.json describes. Raises InputError."""
        config = self.absent | config
        for key, value in self.needs.items():
            if config.get(key, value) != value:
                raise InputError(f"{key}={config[key]} in config.json is not known here, where it is {value}")
        if missing := [key for key in ("vocab_size", *self.keys.values()) if key not in config]:
            raise InputError(f"config.json lacks {missing[0]}")
        choices = USUAL | self.has | {ours: config[theirs] for ours, theirs in self.keys.items()}
        for ours in ("d_model", "n_layers", "n_heads", "context_length"):
            if type(choices[ours]) is not int or choices[ours] < 1:
                raise InputError(f"{self.keys[ours]}={choices[ours]} in config.json must be a whole number from 1 on")
        choices["dropout"] = self.read_dropout(config)
        choices["n_kv_heads"] = choices.get("n_kv_heads") or choices["n_heads"]
        choices["head_dim"] = choices.get("head_dim") or choices["d_model"] // choices["n_heads"]
        choices |= self.read_more(config, choices)
        return choices | {"kernel": "auto"}, self.read_position(config, choices)

    def read_dropout(self, config: Config) -> float:
        """The one rate. Raises InputError where there are several."""
        rates = {key: float(config.get(key) or 0.0) for key in self.dropouts}
        if len(set(rates.values())) > 1:
            said = ", ".join(f"{key}={rate}" for key, rate in rates.items())
            raise InputError(f"{said} in config.json, where one rate serves all: make them equal")
        return rates[self.dropouts[0]]

    def write(self, model: Transformer) -> Config:
        """The config.json of a model. Raises Unlike naming each choice that this class does not have."""
        choices = model.options
        said = {
            "model_type": self.model_type,
            "architectures": [self.architecture],
            "vocab_size": model.embedding.num_embeddings,
        }
        said |= self.needs | {theirs: choices[ours] for ours, theirs in self.keys.items()}
        said |= {key: choices["dropout"] for key in self.dropouts}
        lacks = self.lacks(choices)
        for say, of in ((self.write_position, model), (self.write_more, choices)):
            try:
                said |= say(of)
            except Unlike as why:
                lacks += why.args
        if lacks:
            raise Unlike(*lacks)
        return said

    def lacks(self, choices: Config) -> list[str]:
        """Choices that the tables say this class does not have."""
        lacks = [
            f"{name}={choices[name]} where it has {value}"
            for name, value in (USUAL | self.has).items()
            if name not in self.keys and name not in self.free and not same(choices[name], value, name)
        ]
        wide = choices["n_heads"] * choices["head_dim"] != choices["d_model"]
        if self.heads_alike and (wide or choices["n_heads"] != choices["n_kv_heads"]):
            lacks.append(f"n_kv_heads={choices['n_kv_heads']}, head_dim={choices['head_dim']} where heads are alike")
        return lacks

    def all_weights(self, choices: Config) -> tuple[Weight, ...]:
        """The table, with the head where it is not the embedding."""
        return self.weights + (() if choices["tie_embeddings"] else (Weight(self.head, "head.weight", ends=("",)),))

    def read_more(self, config: Config, choices: Config) -> Config:
        """Choices that the tables do not hold."""
        return {}

    def write_more(self, choices: Config) -> Config:
        """Keys that the tables do not hold."""
        return {}

    def read_position(self, config: Config, choices: Config) -> Config:
        """The node of the position scheme."""
        raise NotImplementedError

    def write_position(self, model: Transformer) -> Config:
        """What config.json says of the scheme. Raises Unlike for another scheme."""
        raise NotImplementedError


def node(target: str, **values: Any) -> Config:
    """The part of a config that makes a thing of wordorder, such as position.rope.RoPE, with these arguments."""
    return {"_target_": f"wordorder.{target}"} | values


def refuse_width(choices: Config) -> None:
    """Raise Unlike for a width that a class without a key for it does not have."""
    if choices["d_ff"] != 4 * choices["d_model"]:
        raise Unlike(f"d_ff={choices['d_ff']} where it has 4 d_model")


def same(ours: Any, theirs: Any, name: str) -> bool:
    """Does the class have this choice? Where it has biases, a model without writes zeros."""
    return ours == theirs or (name in ("bias", "qkv_bias") and theirs is True)
