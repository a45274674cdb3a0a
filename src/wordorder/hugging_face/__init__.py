"""Models of the Hugging Face layout in and out: stock configs and weights, fused and split here only."""

from wordorder.hugging_face.folder import from_hugging_face, to_hugging_face, to_plain

__all__ = ["from_hugging_face", "to_hugging_face", "to_plain"]
