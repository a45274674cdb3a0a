"""What became of the tests that need a CUDA card: refused without one, written down after they ran on one.

Under pytest-xdist the workers collect and run them, and tell the process that was typed how many there are.
"""

import json
from datetime import date
from pathlib import Path

import pytest
import torch
from xdist import is_xdist_worker
from xdist.workermanage import WorkerController

from wordorder.identity import commit

NO_CARD = "tests marked gpu were asked for, but torch sees no CUDA card here: run them on a machine that has one"


class GpuRecord:
    """Writes gpu_last_run.json into `folder`, that of the tests."""

    def __init__(self, folder: Path):
        self.folder, self.there, self.crashed = folder, 0, []
        self.outcomes: dict[str, str] = {}  # passed, failed or skipped, by test
        self.card = torch.cuda.get_device_name() if torch.cuda.is_available() else ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]):
        """Count them before any is deselected; an error, not a skip that hides it, if one is left and no card is there."""
        self.there = sum(is_gpu(item) for item in items)
        yield
        if any(map(is_gpu, items)) and not self.card:
            raise pytest.UsageError(NO_CARD)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        report.is_gpu = is_gpu(item)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Where they run, and where xdist gathers them."""
        if not hasattr(report, "is_gpu"):  # xdist's own, of a worker that died in a test
            self.crashed.append(report.nodeid)
        elif report.is_gpu and (report.when == "call" or not report.passed):
            failed_before = self.outcomes.get(report.nodeid) == "failed"
            self.outcomes[report.nodeid] = "failed" if failed_before else report.outcome

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        """A worker of xdist ended: each has collected all, one that was killed cannot say so."""
        self.there = max(self.there, getattr(node, "workeroutput", {}).get("gpu_tests", 0))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tests that were left out make it a subset: not collected, deselected, skipped, or not reached."""
        if is_xdist_worker(session):
            session.config.workeroutput["gpu_tests"] = self.there
            return
        self.outcomes |= dict.fromkeys(self.crashed, "failed")
        passed, failed, skipped = (self.names_of(outcome) for outcome in ("passed", "failed", "skipped"))
        if not passed + failed or not self.card:
            return
        whole = len(passed + failed) == self.there and any(map(self.is_whole, session.config.args))
        sha, changed = commit()
        facts = {
            "date": date.today().isoformat(),
            "commit": (sha[:12] or "an unknown commit") + " with changes" * changed,
            "card": self.card,
            "torch": torch.__version__,
            "whole": whole,
            "passed": len(passed),
            "failed": len(failed),
            "skipped": len(skipped),
            "names_of_failed": failed,
        }
        text = json.dumps(facts, indent=2) + "\n"
        (self.folder / "gpu_last_run.json").write_text(text, encoding="utf-8")

    def names_of(self, outcome: str) -> list[str]:
        return sorted(name for name, became in self.outcomes.items() if became == outcome)

    def is_whole(self, argument: str) -> bool:
        """Does this word of the command line name all tests?"""
        path = Path(argument).resolve()
        return path == self.folder or path in self.folder.parents


def is_gpu(item: pytest.Item) -> bool:
    return item.get_closest_marker("gpu") is not None
