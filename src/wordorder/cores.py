"""How many runs go side by side on this machine."""

import os


def count_jobs(asked: int, threads: int) -> int:
    """Runs at once: as asked, or what the cores that this process may use hold at `threads` each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return asked if asked > 0 else max(1, cores // threads)
