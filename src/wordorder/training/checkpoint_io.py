"""How Lightning writes a checkpoint here: beside, to the disk, then renamed, so that last.ckpt is always a whole one."""

import os
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins import TorchCheckpointIO


class WholeFile(TorchCheckpointIO):
    """Lightning's own reading, and a writing that a kill or a full disk cannot leave half done."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        path = Path(path)
        beside = path.with_name(f".{path.name}.part")
        with beside.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
