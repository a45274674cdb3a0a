"""rope: rotary frequencies as config.json says them, and as the scheme does.

Two spellings are read: `rope_theta` with `rope_scaling`, as most folders on the hub have them, and `rope_parameters` of
transformers 5. The first is written, because every version reads it. A rule or a key that is not known is refused: other
angles are another model.
"""

from wordorder.check import Config
from wordorder.errors import InputError
from wordorder.hugging_face.stock import Unlike, node
from wordorder.position.base import PositionScheme
from wordorder.position.frequencies.base import Frequencies
from wordorder.position.rope import RoPE

ORIGINAL = "original_max_position_embeddings"
RULES = {  # rope_type: the class, what it calls each key of config.json, values of absent keys
    "default": ("plain.Plain", {}, {}),
    "linear": ("linear.Linear", {"factor": "factor"}, {}),
    "dynamic": ("dynamic_ntk.DynamicNTK", {"factor": "factor", ORIGINAL: "trained_length"}, {}),
    "llama3": (
        "llama3.Llama3",
        {name: name for name in ("factor", "low_freq_factor", "high_freq_factor")} | {ORIGINAL: "trained_length"},
        {},
    ),
    "yarn": (
        "yarn.YaRN",
        {name: name for name in ("factor", "beta_fast", "beta_slow", "truncate")}
        | {ORIGINAL: "trained_length", "attention_factor": "gain"},
        {"beta_fast": 32.0, "beta_slow": 1.0, "truncate": True, "attention_factor": 0.0},
    ),
    "longrope": (
        "longrope.LongRoPE",
        {
            "factor": "factor",
            "short_factor": "short_factors",
            "long_factor": "long_factors",
            ORIGINAL: "trained_length",
        },
        {},
    ),
}


def read_rope(config: Config, head_dim: int, *, layout: str = "half", partial: bool = False) -> Config:
    """The node of RoPE that a config.json describes; `partial`: the class may turn a part of the channels.

    Raises InputError for a rule that is not known.
    """
    said = {"rope_theta": config.get("rope_theta", 10000.0)}
    said |= {"partial_rotary_factor": config.get("partial_rotary_factor", 1.0)}
    said |= config.get("rope_scaling") or {}
    said |= config.get("rope_parameters") or {}
    theta, fraction = float(said.pop("rope_theta")), float(said.pop("partial_rotary_factor"))
    if fraction != 1 and not partial:
        raise InputError(f"partial_rotary_factor={fraction} in config.json is not known here, where it is 1")
    if int(head_dim * fraction) % 2:
        raise InputError(f"partial_rotary_factor={fraction} of head_dim={head_dim} is not a number of pairs")
    rope = node("position.rope.RoPE", head_dim=head_dim, theta=theta, layout=layout, rotary_fraction=fraction)
    return rope | {"frequencies": read_frequencies(said, config)}


def read_frequencies(said: Config, config: Config) -> Config:
    """The node of the rule that is said; what it counts from may stand beside it, and outweighs it there."""
    context_length = config["max_position_embeddings"]
    rule = said.pop("type", None)
    rule = said.pop("rope_type", rule) or "default"
    if rule not in RULES:
        raise InputError(f"rope_type={rule} in config.json is not known here, which has {', '.join(RULES)}")
    target, keys, absent = RULES[rule]
    if rule == "dynamic":  # counts from the context, whatever else is said
        said[ORIGINAL] = context_length
    elif ORIGINAL in keys:
        said[ORIGINAL] = config.get(ORIGINAL) or said.get(ORIGINAL) or context_length
        if rule in ("yarn", "longrope") and said.get("factor") is None:
            said["factor"] = context_length / said[ORIGINAL]
    said = absent | {key: value for key, value in said.items() if value is not None}
    if missing := [key for key in keys if key not in said]:
        raise InputError(f"rope_type={rule} needs {missing[0]} in config.json")
    if unknown := [key for key in said if key not in keys]:
        raise InputError(f"{unknown[0]}={said[unknown[0]]} of rope_type={rule} in config.json is not known here")
    made = {ours: said[theirs] for theirs, ours in keys.items()}
    return node(f"position.frequencies.{target}", **made)


def write_rope(scheme: PositionScheme, context_length: int, *, layout: str = "half", partial: bool = False) -> Config:
    """What config.json says of a RoPE. Raises Unlike for what it cannot say, or a stock class would compute otherwise."""
    if type(scheme) is not RoPE:
        raise Unlike(f"position={type(scheme).__name__} where it has RoPE")
    if scheme.layout != layout:
        raise Unlike(f"layout={scheme.layout} where it has {layout}")
    fraction = scheme.rotary_fraction
    if fraction != 1 and not partial:
        raise Unlike(f"rotary_fraction={fraction} where it turns all channels")
    said = {
        "rope_theta": scheme.theta,
        "rope_scaling": write_frequencies(scheme.frequencies, context_length, scheme.width),
    }
    return said | ({"partial_rotary_factor": fraction, "rotary_pct": fraction} if partial else {})


def write_frequencies(rule: Frequencies, context_length: int, width: int) -> Config | None:
    """`rope_scaling`, None for the plain rule."""
    name = f"{type(rule).__module__.rpartition('.')[2]}.{type(rule).__name__}"
    found = next((rope_type for rope_type, (target, *_) in RULES.items() if target == name), None)
    if found is None:
        raise Unlike(f"frequencies={type(rule).__name__} where it has {', '.join(RULES)}")
    if found == "default":
        return None
    if found == "dynamic" and rule.trained_length != context_length:
        raise Unlike(f"trained_length={rule.trained_length} where it counts from context_length={context_length}")
    said = {theirs: getattr(rule, ours) for theirs, ours in RULES[found][1].items()}
    if found == "longrope":  # an empty list stands for ones, or for the factor
        said["short_factor"] = said["short_factor"] or [1.0] * (width // 2)
        said["long_factor"] = said["long_factor"] or [rule.factor] * (width // 2)
    return {"rope_type": found} | said
