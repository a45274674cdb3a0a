"""One wandb run per training, a window onto its folder.

A copy can be made again at any time: python -m wordorder.record.wandb_mirror FOLDER [PROJECT [ENTITY]]
"""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from wordorder.errors import InputError
from wordorder.record.mirror import Mirror, name_scores
from wordorder.record.rows import Row, read_rows


class WandbMirror(Mirror):
    """One wandb run per training, written from the folder when the run ends (offline) or as it goes (online).

    Offline wandb can neither resume nor survive a kill, so there the copy is made once, whole, and replaces an earlier
    one. A row's wandb step is its number in train.jsonl: the rows of one optimizer step stay apart, and a resumed run
    sends what the server lacks and nothing twice.
    """

    def __init__(self, *, mode: Literal["offline", "online"], project: str, entity: str) -> None:
        if mode not in ("offline", "online"):
            raise InputError(f"logger.mode={mode}: choose offline or online")
        if not 1 <= len(project) <= 128 or set(project) & set("/\\#?%:"):
            raise InputError(f"logger.project={project}: wandb wants 1 to 128 characters, none of them / \\ # ? % :")
        self.mode, self.project, self.entity = mode, project, entity
        self._run: Any = None  # the wandb run while it is open
        self._row = 0  # the number in train.jsonl of the next row

    def open(self, folder: Path) -> None:
        if self.mode == "online":
            try:
                self._start(folder)
            except Exception as error:
                raise InputError(f"logger.mode=online: {error}; run `wandb login`, or logger.mode=offline") from error

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
            again = ["python", "-m", "wordorder.record.wandb_mirror", str(folder), self.project, self.entity]
            command = shlex.join(word for word in again if word)
            print(f"wandb has no copy of {folder} ({error}); try again: {command}", file=sys.stderr)

    def hint(self, *folders: Path) -> str:
        copies = [copy for folder in folders for copy in _find_copies(folder)] if self.mode == "offline" else []
        if len(copies) > 1:
            return f"wandb sync {shlex.quote(str(folders[0].parent))}/*/wandb/offline-run-*"
        return f"wandb sync {shlex.quote(str(copies[0]))}" if copies else ""

    def write(self, folder: Path) -> None:
        """Bring the wandb run up to what the folder holds and end it; raises what wandb raises."""
        if self.mode == "online":
            return self._finish(folder)
        _remove_copies(folder)
        with keep_files_in(folder / "wandb" / "staging"):
            try:
                self._finish(folder)
            except Exception:
                _remove_copies(folder)  # half a copy must not pass for the run
                raise

    def _start(self, folder: Path) -> None:
        import wandb

        facts = _read_facts(folder)
        self._run = wandb.init(
            dir=str(folder),
            mode=self.mode,
            project=self.project,
            entity=self.entity or None,
            id=_identify(facts),
            group=facts["experiment"],
            job_type="train",
            name=facts["run"],
            tags=sorted({str(value)[:64] for value in facts["choices"].values()} - {""}),
            config=_read_config(folder) | {"record": facts},
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
            facts = _read_facts(folder)
            self._run.config.update({"record": facts}, allow_val_change=True)
            scores = read_rows(folder / "scores.jsonl")
            if scores:
                self._run.summary.update(name_scores(scores))
                self._run.log({"scores": _make_table(scores)})
            self._end(exit_code=0 if facts["status"] == "done" else 1)
        finally:
            self._end(exit_code=1)

    def _end(self, exit_code: int) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.finish(exit_code=exit_code)


def _read_facts(folder: Path) -> Row:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def _read_config(folder: Path) -> Row:
    import yaml

    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")) or {}


def _identify(facts: Row) -> str:
    return facts["training"][:64]  # as long as wandb lets an id be


def _find_copies(folder: Path) -> list[Path]:
    if not (folder / "run.json").exists():
        return []
    return sorted((folder / "wandb").glob(f"offline-run-*-{_identify(_read_facts(folder))}"))


def _remove_copies(folder: Path) -> None:
    for old in [*_find_copies(folder), folder / "wandb" / "staging"]:
        shutil.rmtree(old, ignore_errors=True)


def choose_settings(silent: bool) -> Any:
    """Settings under which wandb keeps what it is given and collects nothing by itself."""
    import wandb

    return wandb.Settings(
        silent=silent,
        console="off",
        save_code=False,
        symlink=False,
        disable_git=True,
        disable_code=True,
        disable_job_creation=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )


def _make_table(scores: list[Row]) -> Any:
    import wandb

    columns = ["evaluation", "evaluation_id", "metric", "value", "count", "why", "facts"]
    cells = [[json.dumps(row[c], sort_keys=True) if c == "facts" else row[c] for c in columns] for row in scores]
    return wandb.Table(columns=columns, data=cells)


@contextmanager
def keep_files_in(folder: Path) -> Iterator[None]:
    """wandb puts tables and logs under the home folder unless the environment names another place."""
    names = ("WANDB_DATA_DIR", "WANDB_CACHE_DIR")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(folder.absolute())))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def main(folder: str, project: str = "wordorder", entity: str = "") -> None:
    mirror = WandbMirror(mode="offline", project=project, entity=entity)
    mirror.write(Path(folder))
    print(mirror.hint(Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
