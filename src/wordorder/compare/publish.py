"""The page's table and figures as a wandb run of their own; deleting it loses nothing."""

import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from wordorder.compare.report import Comparison
from wordorder.compare.tables import Table
from wordorder.errors import InputError
from wordorder.record.wandb_mirror import choose_settings, keep_files_in


def publish(comparison: Comparison, out: Path, *, mode: str, project: str) -> Path | None:
    """Log what write() left in out; returns the folder to `wandb sync` (offline) or None (online).

    The run's id is made from the experiment and its numbers: unchanged numbers replace their earlier copy.
    """
    if mode not in ("offline", "online"):
        raise InputError(f"logger.mode={mode}: choose offline or online")
    out.mkdir(parents=True, exist_ok=True)
    identity = identify(comparison)
    for old in (out / "wandb").glob(f"offline-run-*-{identity}"):
        shutil.rmtree(old)
    with keep_files_in(out / "wandb" / "staging"):
        folder = _send(comparison, out, mode, project, identity)
    return folder if mode == "offline" else None


def identify(comparison: Comparison) -> str:
    """The same for the same experiment and rows, whenever and wherever it is computed."""
    rows = comparison.table.frame().to_csv(index=False) + comparison.scores.to_csv(index=False)
    return sha256(f"{comparison.experiment}\n{rows}".encode()).hexdigest()[:16]


def _send(comparison: Comparison, out: Path, mode: str, project: str, identity: str) -> Path:
    import wandb

    run = wandb.init(
        project=project,
        mode=mode,
        dir=str(out),
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
    return Path(run.dir).parent


def name_table(table: Table) -> str:
    """Under which name wandb shows it: comparison, verdicts_bits_per_byte, tokenizers."""
    return "comparison" if table.title == "Results" else table.title.lower().replace(":", "").replace(" ", "_")


def _make_table(table: Table) -> Any:
    import wandb

    frame = table.frame().astype(object)
    return wandb.Table(columns=list(frame), data=frame.where(frame.notna(), None).to_numpy().tolist())


def _find_images(comparison: Comparison, out: Path) -> dict[str, Any]:
    import wandb

    pictures = {figure.name: out / "figures" / f"{figure.name}.png" for figure in comparison.figures}
    return {f"figures/{name}": wandb.Image(str(path)) for name, path in pictures.items() if path.is_file()}
