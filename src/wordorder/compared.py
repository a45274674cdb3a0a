"""Whether a folder's comparison is still the one that would be made: then it is shown again, and nothing is read or drawn."""

from pathlib import Path
from typing import Any

from wordorder import identity
from wordorder.record.folders import list_runs
from wordorder.whole_files import write_whole

# what a comparison reads of a run
FILES = "run.json config.yaml train.jsonl scores.jsonl items.parquet log.txt".split()
SAID, MADE_FROM = "summary.txt", ".made_from"


def made_from(folder: Path, asked: dict[str, Any]) -> str:
    """Digest of what a comparison follows from: what is asked, the code that compares, times and sizes of the runs' files."""
    places = [*(run / name for run in list_runs(folder) for name in FILES), folder / "tuning.json"]
    seen = [(str(file), stat.st_mtime_ns, stat.st_size) for file in places if file.exists() for stat in [file.stat()]]
    rooms = [identity.PACKAGE / "compare", identity.PACKAGE / "record"]
    code = sorted(file for room in rooms for file in room.iterdir() if file.is_file())
    code.append(identity.PACKAGE / "comparing.py")
    return identity.digest([asked, identity.digest_files(code), seen])


def recall(folder: Path, digest: str) -> str | None:
    """What was printed of the comparison that was made from the same, if it lies there whole."""
    out = folder / "compare"
    if not all((out / name).is_file() for name in (MADE_FROM, SAID, "report.html")):
        return None
    return (out / SAID).read_text(encoding="utf-8") if (out / MADE_FROM).read_text() == digest else None


def remember(folder: Path, digest: str, said: str) -> None:
    """Keep what was printed; the digest last, so that a kill leaves a comparison to be made again."""
    out = folder / "compare"
    (out / MADE_FROM).unlink(missing_ok=True)
    write_whole(out / SAID, said, shared=True)
    write_whole(out / MADE_FROM, digest, shared=True)
