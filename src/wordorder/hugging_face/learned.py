"""learned: a table of positions as the classes that have one say it, by its length."""

from wordorder.check import Config
from wordorder.hugging_face.stock import Unlike, node
from wordorder.position.base import PositionScheme
from wordorder.position.learned import Learned


def read_table(choices: Config) -> Config:
    """The node of a learned table, as long as the context."""
    sizes = {"d_model": choices["d_model"], "n_positions": choices["context_length"]}
    return node("position.learned.Learned", **sizes, offset=0, init_std=choices["init_std"])


def table_length(scheme: PositionScheme) -> int:
    """How many positions a learned table has. Raises Unlike for another scheme."""
    if type(scheme) is not Learned:
        raise Unlike(f"position={type(scheme).__name__} where it has Learned")
    if scheme.offset:
        raise Unlike(f"offset={scheme.offset} where it has none")
    return scheme.max_position
