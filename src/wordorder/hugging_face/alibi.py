"""alibi: ALiBi as the classes that have it compute it, with the published slopes; config.json says nothing of them."""

from wordorder.check import Config
from wordorder.hugging_face.stock import Unlike, node
from wordorder.position.alibi import ALiBi
from wordorder.position.base import PositionScheme


def read_alibi(choices: Config) -> Config:
    """The node of ALiBi for a model of these choices."""
    return node("position.alibi.ALiBi", n_heads=choices["n_heads"], learned=False)


def refuse_other(scheme: PositionScheme) -> None:
    """Raise Unlike for what is not ALiBi with the published slopes."""
    if type(scheme) is not ALiBi:
        raise Unlike(f"position={type(scheme).__name__} where it has ALiBi")
    if scheme.learned:
        raise Unlike("learned=True where it has the published slopes")
