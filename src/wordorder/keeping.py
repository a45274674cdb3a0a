"""Whether a run is made, from what run.json says of it; asked before training, and of a plan. Needs no torch.

`facts` is what run.json says ({} where there is none), `code` the digests of today's code: of the rooms, and of the shelves.
"""

from datetime import UTC, datetime
from typing import Any

from wordorder.errors import InputError

Facts = dict[str, Any]
Code = tuple[str, str]
RERUN = ("no", "stale", "failed", "all")
BEGAN = datetime.now(UTC).isoformat(timespec="milliseconds")  # of the command; as the moments of run.json are written


def check_rerun(rerun: str) -> None:
    """Raise InputError for what is neither one of the words nor a moment as BEGAN is written."""
    if rerun not in RERUN and not is_moment(rerun):
        raise InputError(
            f"rerun={rerun!r} must be one of {', '.join(RERUN)}, or a moment, for all that ended before it: rerun={BEGAN}"
        )


def is_moment(text: str) -> bool:
    """Is it written so that an earlier one is the smaller text?"""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds") == text
    except ValueError:
        return False


def since(rerun: str) -> str:
    """What rerun= asks of each run of this command: `all` is all that had ended when it was typed, so what ends later, here
    or by another that was typed too, is not made again."""
    return BEGAN if rerun == "all" else rerun


def reason_to_keep(facts: Facts, *, rerun: str, evaluations: dict[str, str], code: Code) -> str:
    """Why a run need not run, or nothing. `evaluations` are those asked for, name -> identity."""
    if made_again(facts, rerun=rerun, code=code):
        return ""
    if facts.get("status") == "failed":
        return f"failed earlier: {facts['reason']} (rerun=failed tries again)"
    if not complete(facts, evaluations):
        return ""
    changed = ", by code that has changed since (rerun=stale makes it again)"
    return "already done" + changed * stale(facts, code)


def made_again(facts: Facts, *, rerun: str, code: Code) -> bool:
    """Does rerun= ask to forget what is there? A run under way is never forgotten, so a killed rerun goes on too."""
    status = facts.get("status")
    asked = {"no": False, "failed": status == "failed", "stale": stale(facts, code)}
    if rerun in asked:
        return asked[rerun]
    ended = status in ("done", "failed")
    return ended and (rerun == "all" or facts.get("failed_at" if status == "failed" else "scored_at", "") < rerun)


def complete(facts: Facts, evaluations: dict[str, str]) -> bool:
    """Is the run done, and has it answered all that is asked?"""
    if facts.get("status") != "done":
        return False
    return all(facts["evaluations"].get(name) == identity for name, identity in evaluations.items())


def stale(facts: Facts, code: Code) -> bool:
    """Was a run that is done made by other code than today's?"""
    return facts.get("status") == "done" and (facts["code"], facts["shelf_code"]) != code
