"""plain: the choices of a block that is like most; a family says where it is otherwise."""

from typing import Any

PLAIN: dict[str, Any] = {
    "norm_placement": "pre",
    "qkv_bias": False,
    "qk_norm": False,
    "embedding_scale": "one",
    "embedding_norm": False,
    "n_token_types": 0,
    "head_transform": False,
    "logit_scale": 1.0,
}
