"""masks: which keys a query may see, as a function of indices, and several of these together."""

from collections.abc import Callable

from torch import Tensor

# FlexAttention's own signature
MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # (b, h, i, j) -> may query i see key j


def both(*masks: MaskMod | None) -> MaskMod | None:
    """What all of these allow."""
    masks = tuple(mask for mask in masks if mask is not None)
    if len(masks) < 2:
        return masks[0] if masks else None

    def allowed(b: Tensor, h: Tensor, i: Tensor, j: Tensor) -> Tensor:
        out = masks[0](b, h, i, j)
        for mask in masks[1:]:
            out = out & mask(b, h, i, j)
        return out

    return allowed
