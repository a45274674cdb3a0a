"""The page's table and figures as a wandb run of their own; deleting it loses nothing."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from wordorder.compare.comparison import Comparison
from wordorder.compare.tables import Table
from wordorder.errors import InputError
from wordorder.record.wandb_copy import choose_settings, digest, explaining, holds, keep_files_in, replacing


def publish(comparison: Comparison, out: Path, *, mode: str, project: str, entity: str = "") -> bool:
    """Log what write() left in out; False where it was there already.

    The run's id is made from the experiment and its numbers. An offline copy replaces what other numbers or figures left
    in out, and an unchanged one is left as it is. Raises InputError where wandb cannot begin.
    """
    if mode not in ("offline", "online"):
        raise InputError(f"logger.mode={mode}: choose offline or online")
    out.mkdir(parents=True, exist_ok=True)
    identity = identify(comparison)
    if mode == "online":
        with keep_files_in(out / "wandb" / "staging"):
            _send(comparison, out, mode, project, entity, identity)
        return True
    content = digest([project, entity, identity, *_find_pictures(comparison, out).values()])
    if holds(out, content):
        return False
    with replacing(out, content):
        _send(comparison, out, mode, project, entity, identity)
    return True


def identify(comparison: Comparison) -> str:
    """The same for the same experiment and rows, whenever and wherever it is computed."""
    rows = comparison.table.frame().to_csv(index=False) + comparison.scores.to_csv(index=False)
    return sha256(f"{comparison.experiment}\n{rows}".encode()).hexdigest()[:16]


def _send(comparison: Comparison, out: Path, mode: str, project: str, entity: str, identity: str) -> None:
    import wandb

    with explaining(mode):
        run = wandb.init(
            project=project,
            entity=entity or None,
            mode=mode,
            dir=str(out.absolute()),
            id=identity,
            name=f"{comparison.experiment} compared",
            group=comparison.experiment,
            job_type="compare",
            config={
                "question": comparison.question,
                "runs": sorted(comparison.done),
                "baseline": comparison.table.baseline,
            },
            reinit="create_new",  # never the run of somebody else in this process
            settings=choose_settings(silent=mode == "offline"),
        )
    exit_code = 1
    try:
        tables = {name_table(table): _make_table(table) for table in comparison.tables}
        run.log(tables | _find_images(comparison, out))
        exit_code = 0
    finally:
        run.finish(exit_code=exit_code)


def name_table(table: Table) -> str:
    """Under which name wandb shows it: comparison, verdicts_bits_per_byte, tokenizers."""
    return "comparison" if table.title == "Results" else table.title.lower().replace(":", "").replace(" ", "_")


def _make_table(table: Table) -> Any:
    import wandb

    frame = table.frame().astype(object)
    return wandb.Table(columns=list(frame), data=frame.where(frame.notna(), None).to_numpy().tolist())


def _find_images(comparison: Comparison, out: Path) -> dict[str, Any]:
    import wandb

    pictures = _find_pictures(comparison, out)
    return {f"figures/{name}": wandb.Image(str(path)) for name, path in pictures.items()}


def _find_pictures(comparison: Comparison, out: Path) -> dict[str, Path]:
    """Name of a figure -> its file, if it was drawn."""
    pictures = {figure.name: out / "figures" / f"{figure.name}.png" for figure in comparison.figures}
    return {name: path for name, path in pictures.items() if path.is_file()}
