"""classes: those of transformers that are known here, and the one that computes a model."""

from wordorder.check import Config
from wordorder.hugging_face.bert import Bert
from wordorder.hugging_face.bloom import Bloom
from wordorder.hugging_face.cohere2 import Cohere2
from wordorder.hugging_face.gemma3 import Gemma3
from wordorder.hugging_face.gpt2 import GPT2
from wordorder.hugging_face.gpt_neox import GPTNeoX
from wordorder.hugging_face.llama import Llama, Mistral, Qwen2, Qwen3, SmolLM3
from wordorder.hugging_face.mpt import MPT
from wordorder.hugging_face.stock import Stock, Unlike
from wordorder.model.transformer import Transformer

STOCK: list[Stock] = [
    cls() for cls in (Llama, Mistral, Qwen2, Qwen3, SmolLM3, Gemma3, Cohere2, GPT2, GPTNeoX, Bloom, MPT, Bert)
]
N_NEAREST = 3  # classes whose reasons are told


def find_stock(model_type: str | None) -> Stock | None:
    """The class that a config.json names, None if it is not known here."""
    return next((stock for stock in STOCK if stock.model_type == model_type), None)


def choose_stock(model: Transformer) -> tuple[Stock, Config]:
    """The first class that has all choices of the model, and the model's config.json. Raises ValueError if none has."""
    lacks: list[tuple[Stock, tuple[str, ...]]] = []
    for stock in STOCK:
        try:
            return stock, stock.write(model)
        except Unlike as why:
            lacks.append((stock, why.args))
    nearest = sorted(lacks, key=distance)[:N_NEAREST]
    said = "; ".join(f"{stock.architecture} ({', '.join(why)})" for stock, why in nearest)
    raise ValueError(f"model: no class of transformers computes it; the nearest: {said}")


def distance(lacks: tuple[Stock, tuple[str, ...]]) -> tuple[bool, int]:
    """Classes with the model's scheme come first, then those that lack less."""
    return any(why.startswith("position=") for why in lacks[1]), len(lacks[1])
