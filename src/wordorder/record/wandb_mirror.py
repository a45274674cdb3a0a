"""One wandb run per training, a window onto its folder; a copy can be made again at any time, see syncing."""

import json
import re
import shlex
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from wordorder.errors import InputError
from wordorder.record.folders import read_config, read_facts
from wordorder.record.mirror import Mirror, name_scores
from wordorder.record.rows import Row, read_rows
from wordorder.record.wandb_copy import choose_settings, digest, explaining, find_copies, holds, replacing

SOURCES = ("run.json", "config.yaml", "train.jsonl", "scores.jsonl")  # what a copy is made from


class WandbMirror(Mirror):
    """One wandb run per training, written from the folder when the run ends (offline) or as it goes (online).

    Offline wandb can neither resume nor survive a kill, so there the copy is made once, whole, and replaces an earlier
    one of other content. A row's wandb step is its number in train.jsonl: the rows of one optimizer step stay apart, and
    a resumed run sends what the server lacks and nothing twice. Runs of one experiment are one group.
    """

    imports = ("wandb", "wandb.sdk.launch.inputs.internal")  # the second by wandb.init itself, 2 seconds

    def __init__(self, *, mode: Literal["offline", "online"], project: str, entity: str) -> None:
        if mode not in ("offline", "online"):
            raise InputError(f"logger.mode={mode}: choose offline or online")
        if not 1 <= len(project) <= 128 or set(project) & set("/\\#?%:"):
            raise InputError(f"logger.project={project}: wandb wants 1 to 128 characters, none of them / \\ # ? % :")
        self.mode, self.project, self.entity = mode, project, entity
        self.from_folder = mode == "offline"
        self._run: Any = None  # the wandb run while it is open
        self._row = 0  # the number in train.jsonl of the next row

    def open(self, folder: Path) -> None:
        if self.mode == "online":
            with explaining(self.mode):
                self._start(folder)

    def row(self, row: Row) -> None:
        if self._run is not None:
            try:
                self._send(row)
            except Exception as error:
                with suppress(Exception):
                    self._end(exit_code=1)  # close() starts again and sends what is missing
                print(f"wandb stopped following this run ({error}); its folder has the rows", file=sys.stderr)

    def close(self, folder: Path) -> None:
        try:
            self.write(folder)
        except Exception as error:
            print(f"wandb has no copy of {folder} ({error}); try again: {self.again(folder)}", file=sys.stderr)

    def shows(self, folder: Path) -> bool:
        """Online the server alone knows, which is not asked."""
        return self.mode == "online" or holds(folder, self._digest(folder))

    def again(self, folder: Path) -> str:
        """What a person types to make this copy again."""
        own = {"mode": self.mode, "project": self.project, "entity": self.entity}
        words = [_word("run", str(folder)), *(_word(f"logger.{key}", value) for key, value in own.items() if value)]
        return shlex.join(["wordorder", "sync_wandb", *words])

    def hint(self, *folders: Path) -> str:
        copies = [copy for folder in folders for copy in find_copies(folder)] if self.mode == "offline" else []
        if len(copies) > 1:
            return f"wandb sync {shlex.quote(str(folders[0].parent))}/*/wandb/offline-run-*"
        return f"wandb sync {shlex.quote(str(copies[0]))}" if copies else ""

    def write(self, folder: Path) -> bool:
        """Bring the wandb run up to what the folder holds and end it; raises what wandb raises.

        False where an offline copy of the same content for the same project was there, which is left as it is.
        """
        if self.mode == "online":
            self._finish(folder)
            return True
        if self.shows(folder):
            return False
        with replacing(folder, self._digest(folder)):
            self._finish(folder)
        return True

    def _digest(self, folder: Path) -> str:
        """Of all that an offline copy is made from."""
        return digest([self.project, self.entity, *(folder / name for name in SOURCES)])

    def _start(self, folder: Path) -> None:
        import wandb

        facts = read_facts(folder)
        self._run = wandb.init(
            dir=str(folder.absolute()),  # the service that writes may have been started elsewhere
            mode=self.mode,
            project=self.project,
            entity=self.entity or None,
            id=identify(facts),
            group=facts["experiment"],
            job_type="evaluate" if "hugging_face" in facts else "train",
            name=facts["run"],
            tags=sorted({str(value)[:64] for value in facts["choices"].values()} - {""}),
            config=read_config(folder) | {"record": facts},
            reinit="create_new",  # a second job in this process must not write into the first one's run
            resume="allow" if self.mode == "online" else None,
            settings=choose_settings(silent=self.mode == "offline"),
        )
        self._run.define_metric("*", step_metric="tokens")
        self._row = 0
        for row in read_rows(folder / "train.jsonl"):
            self._send(row)

    def _send(self, row: Row) -> None:
        if self._row >= self._run.starting_step:  # the server has the earlier ones since before a resume
            self._run.log(row, step=self._row, commit=True)
        self._row += 1

    def _finish(self, folder: Path) -> None:
        try:
            if self._run is None:
                self._start(folder)
            facts = read_facts(folder)
            self._run.config.update({"record": facts}, allow_val_change=True)
            scores = read_rows(folder / "scores.jsonl")
            if scores:
                self._run.summary.update(name_scores(scores))
                self._send_table(scores, content=digest([folder / "scores.jsonl"]))
            self._end(exit_code=0 if facts["status"] == "done" else 1)
        finally:
            self._end(exit_code=1)

    def _send_table(self, scores: list[Row], *, content: str) -> None:
        """A row of its own, once: the server's summary, which a resumed run has, tells what was sent."""
        if self._run.summary.get("scores_sent") != content:
            self._run.log({"scores": _make_table(scores)})
            self._run.summary.update({"scores_sent": content})

    def _end(self, exit_code: int) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.finish(exit_code=exit_code)


def identify(facts: Row) -> str:
    """The id of a run in a project: a training that two experiments have is two runs, one in the group of each."""
    return sha256(f"{facts['experiment']}\n{facts['training']}".encode()).hexdigest()[:32]


def _word(key: str, value: str) -> str:
    """key=value as Hydra reads it, whatever the value holds."""
    if re.fullmatch(r"[\w./-]+", value):
        return f"{key}={value}"
    return f"{key}='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _make_table(scores: list[Row]) -> Any:
    import wandb

    columns = ["evaluation", "evaluation_id", "metric", "value", "count", "why", "facts"]
    cells = [[json.dumps(row[c], sort_keys=True) if c == "facts" else row[c] for c in columns] for row in scores]
    return wandb.Table(columns=columns, data=cells)
