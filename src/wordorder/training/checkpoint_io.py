"""How Lightning writes a checkpoint here: beside, to the disk, then renamed, so that last.ckpt is always a whole one."""

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins import TorchCheckpointIO

from wordorder.whole_files import replacing


class WholeFile(TorchCheckpointIO):
    """Lightning's own reading, and a writing that a kill or a full disk cannot leave half done."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        with replacing(Path(path)) as file:
            torch.save(checkpoint, file)
