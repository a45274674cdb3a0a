"""A comparison is shown in wandb where its runs are, and nowhere else."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from wordorder.compare import publish
from wordorder.comparing import compare_folder
from wordorder.record.mirror import Mirror

WANDB = {"_target_": "wordorder.record.wandb_mirror.WandbMirror", "mode": "offline", "project": "mine", "entity": "us"}


class Board(Mirror):
    """Somebody's own, whose arguments happen to be called as wandb's are."""

    def __init__(self, *, mode: str, project: str) -> None:
        self.mode, self.project = mode, project


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Where comparisons went, as publish() was asked."""
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(publish, "publish", lambda comparison, out, **where: asked.append(where))
    somebody_s = ModuleType("somebody_s")
    somebody_s.Board = Board
    monkeypatch.setitem(sys.modules, "somebody_s", somebody_s)
    return asked


@pytest.mark.parametrize(
    ("logger", "where"),
    [
        (WANDB, [{"mode": "offline", "project": "mine", "entity": "us"}]),
        ({"_target_": "somebody_s.Board", "mode": "offline", "project": "mine"}, []),
        ({"_target_": "wordorder.record.mirror.NoMirror"}, []),
    ],
    ids=["wandb", "foreign", "none"],
)
def test_only_wandb_s_own_mirror_has_it_published(
    logger: dict[str, str],
    where: list[dict[str, str]],
    published: list[dict[str, str]],
    add_run: Callable[..., Path],
    lab: Path,
) -> None:
    add_run("none")
    assert "report: " in compare_folder(lab, {"baseline": "", "figures": []}, logger, question="")
    assert published == where
