"""``manage.py doctor --fix NAME``: what was typed, to a dry run or the deed, to lines."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import DatabaseError
from pymongo.errors import OperationFailure, PyMongoError

from ops import clock
from ops.actors import Actor
from ops.arguments import USAGE
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import Fix, Lines
from ops.errors import DomainError
from ops.mongo import breaker, faults

DONE, UNDONE = 0, 1
COLUMNS = 80
REASON_LENGTH = (5, 500)
NOTHING = "Nothing to mend."
AWAY = "MongoDB cannot be reached: `manage.py doctor --section 2` says why."
UNAUTHORIZED = 13
DRY_RUN = "Nothing was changed; --apply does it."


def run(
    name: str, given: Mapping[str, str], *, apply: bool, reason: str | None, as_json: bool
) -> tuple[str, int]:
    """Say what a fix would do, or let it do that; returns text and exit status.

    Args:
        name: of the fix.
        given: what was typed for its options.
        apply: do it.
        reason: why, for the audit log.
        as_json: one JSON document.

    Returns:
        Status 0: done, or nothing to mend; 1: a refusal, or a dry run that would mend something;
        64: mistyped.
    """
    fix = registry.find(name)
    if fix is None:
        names = ", ".join(each.name for each in registry.fixes())
        return f"There is no fix {name}. There are: {names}.\n", USAGE
    if fault := _misuse(fix, given, apply=apply, reason=reason):
        return f"--fix {name}: {fault}\n", USAGE
    refusal, lines = _carried_out(fix, given, apply=apply, reason=reason and reason.strip())
    said = _document if as_json else _text
    status = UNDONE if refusal or (lines and not apply) else DONE
    return said(fix, lines, applied=apply and not refusal, refusal=refusal), status


def listed(*, as_json: bool) -> str:
    """Return all fixes: for people a paragraph each, for programs one JSON document."""
    if as_json:
        return json.dumps({"fixes": [_described(each) for each in registry.fixes()]}, indent=2) + "\n"
    return "\n".join("\n".join(_paragraph(each)) for each in registry.fixes()) + "\n"


def _carried_out(
    fix: Fix, given: Mapping[str, str], *, apply: bool, reason: str | None
) -> tuple[str | None, Lines]:
    """Plan or apply; returns why that was refused, and the lines."""
    if breaker.fault_or_probe() is not None:
        return AWAY, ()
    try:
        if apply:
            return None, fix.apply(given, Actor.shell(), reason, clock.now())
        return None, fix.plan(given, clock.now())
    except DomainError as refusal:
        return _told(refusal), ()
    except (PyMongoError, DatabaseError) as error:
        if faults.is_unavailable(error):
            return AWAY, ()
        code = error.code if isinstance(error, OperationFailure) else None
        if code != UNAUTHORIZED:
            raise
        return "The product's login in MongoDB may not do that.", ()


def _misuse(fix: Fix, given: Mapping[str, str], *, apply: bool, reason: str | None) -> str | None:
    """Say what is missing, or out of place."""
    known = {each.name for each in fix.options}
    if strange := sorted(given.keys() - known):
        return f"it takes no --{', no --'.join(strange)}"
    if missing := [each.name for each in fix.options if each.required and not given.get(each.name)]:
        return f"say --{', --'.join(missing)}"
    if apply and fix.needs_reason and reason is None:
        return "say why: --reason TEXT"
    shortest, longest = REASON_LENGTH
    if reason is not None and not shortest <= len(reason.strip()) <= longest:
        return f"--reason: {shortest} to {longest} characters"
    return None


def _told(refusal: DomainError) -> str:
    """Return a refusal in one line, with what was missing."""
    details = refusal.details
    missing = details.get("required") if isinstance(details, Mapping) else None
    return f"{refusal.message} Needed: {missing}." if missing else refusal.message


def _document(fix: Fix, lines: Lines, *, applied: bool, refusal: str | None) -> str:
    said: dict[str, Any] = {"fix": fix.name, "applied": applied, "lines": list(lines)}
    return json.dumps(said | ({"refused": refusal} if refusal else {}), indent=2) + "\n"


def _text(fix: Fix, lines: Lines, *, applied: bool, refusal: str | None) -> str:
    said = [*_wrapped(f"{fix.name}: {fix.title}."), *_wrapped(f"Danger: {fix.danger}")]
    if refusal:
        said += ["Refused:", *_wrapped(refusal, "  ")]
    elif not lines:
        said.append(NOTHING)
    else:
        said.append("Done:" if applied else "Would:")
        said += [wrapped for line in lines for wrapped in _wrapped(line, "  - ", "    ")]
        said += [] if applied else [DRY_RUN]
    return "\n".join(said) + "\n"


def _paragraph(fix: Fix) -> Iterator[str]:
    yield from _wrapped(f"{fix.name} (runbook section {fix.section}): {fix.title}.")
    yield from _wrapped(f"Danger: {fix.danger}", "    ")
    for option in fix.options:
        may = "" if option.required else " (optional)"
        yield from _wrapped(f"--{option.name}{may}: {option.help}.", "    ")
    if fix.needs_reason:
        yield "    --reason: why, for the audit log."


def _described(fix: Fix) -> dict[str, Any]:
    options = [{"name": each.name, "help": each.help, "required": each.required} for each in fix.options]
    return {
        "name": fix.name,
        "section": fix.section,
        "title": fix.title,
        "danger": fix.danger,
        "options": options,
        "needs_reason": fix.needs_reason,
        "mends": list(fix.mends),
    }


def _wrapped(words: str, margin: str = "", further: str | None = None) -> list[str]:
    """Break lines at spaces only, so that a command or an id can be copied."""
    return textwrap.wrap(
        words,
        COLUMNS,
        initial_indent=margin,
        subsequent_indent=margin if further is None else further,
        break_on_hyphens=False,
    )
