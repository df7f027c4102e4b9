"""Findings that many checks have in common, and one finding of several."""

from collections.abc import Iterable

from ops.doctor.check import Finding, Result


def without_settings(evidence: str) -> Finding:
    """Return what a check finds that cannot look while the settings are broken."""
    again = ".venv/bin/python manage.py doctor --section 1"
    return Finding(Result.COULD_NOT_LOOK, (evidence,), "the settings are broken", again)


def together(facts: Iterable[str], troubles: Iterable[Finding]) -> Finding:
    """Return the worst of what is amiss, with the evidence of all of it, then the facts; or that all is well.

    Args:
        facts: what is told in any case.
        troubles: of two that are equally bad the first counts.
    """
    found = sorted(troubles, key=lambda each: -each.result.severity)
    if not found:
        return Finding(Result.OK, tuple(facts))
    evidence = [*(line for each in found for line in each.evidence), *facts]
    due_to = dict.fromkeys(name for each in found for name in each.due_to)
    # A symptom beside a cause of its own is not explained by the symptom's cause.
    grounds = tuple(due_to) if all(each.due_to for each in found) else ()
    return Finding(found[0].result, tuple(evidence), found[0].cause, found[0].remedy, grounds)
