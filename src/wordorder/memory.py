"""The most memory that a process has needed at a time, since it was last told to forget.

Limits: the process's own peak can be forgotten where the system has /proc/self/clear_refs, as Linux has; elsewhere it is that
since the process began.
"""

import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def forget_peak(device: str) -> None:
    """From now on the peak is that of what comes."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return
    with suppress(OSError):
        CLEAR.write_text("5")


def peak_memory(device: str) -> int:
    """Bytes: of the card if one is used, else the process's largest resident set; of this process, if several train."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    if STATUS.exists() and (said := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())):
        return 1024 * int(said[1])  # getrusage counts what the process was forked from
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
