"""Whether a run is made, from what run.json says of it; asked before training, and of a plan. Needs no torch.

`facts` is what run.json says ({} where there is none), `code` the digests of today's code: of the rooms, and of the shelves.
"""

from typing import Any

Facts = dict[str, Any]
Code = tuple[str, str]


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
    return {
        "no": False,
        "failed": status == "failed",
        "stale": stale(facts, code),
        "all": status in ("done", "failed"),
    }[rerun]


def complete(facts: Facts, evaluations: dict[str, str]) -> bool:
    """Is the run done, and has it answered all that is asked?"""
    if facts.get("status") != "done":
        return False
    return all(facts["evaluations"].get(name) == identity for name, identity in evaluations.items())


def stale(facts: Facts, code: Code) -> bool:
    """Was a run that is done made by other code than today's?"""
    return facts.get("status") == "done" and (facts["code"], facts["shelf_code"]) != code
