"""The peak of a process that needs a lot for a while."""

import subprocess
import sys

import pytest
import torch

from wordorder.memory import CLEAR, forget_peak, peak_memory

LARGE = 2**28
CODE = f"""
from wordorder.memory import forget_peak, peak_memory
before = peak_memory("cpu")
held = bytearray({LARGE})
held[::4096] = b"x" * len(held[::4096])
during = peak_memory("cpu")
del held
after = peak_memory("cpu")
forget_peak("cpu")
print(before, during, after, peak_memory("cpu"))
"""
clears = pytest.mark.skipif(not CLEAR.exists(), reason="only Linux lets a process forget its peak")


def peaks() -> list[int]:
    """Of a process of its own: at its start, with LARGE bytes more, without these again, and after forgetting."""
    said = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return [int(word) for word in said.stdout.split()]


def test_the_peak_stays_when_memory_is_given_back():
    before, during, after, _ = peaks()
    assert 0.9 * LARGE < during - before < 1.1 * LARGE and after > 0.99 * during


@clears
def test_a_peak_that_was_forgotten_is_that_of_what_is_still_needed():
    before, during, _, forgotten = peaks()
    assert abs(forgotten - before) < 0.1 * LARGE < during - forgotten


@clears
def test_a_process_does_not_count_what_it_was_started_from():
    held = bytearray(LARGE)
    held[::4096] = b"x" * len(held[::4096])
    assert peaks()[0] < peak_memory("cpu") - LARGE / 2 and len(held) == LARGE


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a card")
def test_the_peak_of_a_card_is_forgotten_too():
    forget_peak("cuda")
    before = peak_memory("cuda")
    held = torch.empty(LARGE, dtype=torch.uint8, device="cuda")
    assert peak_memory("cuda") - before >= LARGE
    del held
    forget_peak("cuda")
    assert peak_memory("cuda") == before
