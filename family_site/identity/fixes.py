"""fix:end_all_sessions and fix:force_new_passwords (runbook, section 17; inventory, C26)."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.dateparse import parse_datetime

from family_site.identity import queries
from family_site.identity.actions import ending, forcing_passwords
from ops.actors import Actor
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines, Option
from ops.doctor.fixes.noting import note
from ops.mongo.collections import Filter, collection

SECTION, PERMISSION = 17, "ops.respond_security"
END, FORCE = "end_all_sessions", "force_new_passwords"
USER, TOKENS, BEFORE, UNDO = "user", "tokens", "before", "undo"
MOST_COUNTED = 1_000_000
NOBODY = Actor.system("plan")
OF_ONE = Option(USER, "name or address of a user: only theirs; else everybody's")


def plan_end(given: Given, now: datetime) -> Lines:
    """Count the sessions, and the permanent tokens, that would end."""
    return _to_end(given, NOBODY, now)


def end(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """End them; needs a reason."""
    if reason is None:
        raise CannotMendError("Sessions are ended for a reason only.")
    user_id = _user_id(given)
    done = {"sessions ended": 0, "permanent tokens revoked": 0}
    done["sessions ended"] = (
        ending.end_all_by_staff(user_id, actor=actor, now=now, reason=reason)
        if user_id
        else ending.end_everybodys(actor=actor, now=now, reason=reason)
    )
    if given.get(TOKENS):
        revoked = ending.revoke_tokens(user_id, actor=actor, now=now, reason=reason)
        done["permanent tokens revoked"] = revoked
    if any(done.values()):
        note(END, done, actor=actor, reason=reason, now=now)
    return (*_lines(done), *_left(_to_end(given, actor, now)))


def _to_end(given: Given, actor: Actor, now: datetime) -> Lines:
    user_id = _user_id(given)
    whose = ending.of_everybody(actor, now) if user_id is None else ending.of_user(user_id, now)
    tokens = _count(ending.TOKENS, ending.tokens_in_force(user_id, now)) if given.get(TOKENS) else 0
    return _lines({"end sessions": _count(ending.SESSIONS, whose), "revoke permanent tokens": tokens})


def plan_force(given: Given, now: datetime) -> Lines:
    """Count the users who would have to choose a new password, or no longer."""
    return _planned(given, NOBODY, now)


def force(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Force new passwords, or let those be that were not replaced yet; needs a reason."""
    if reason is None:
        raise CannotMendError("New passwords are forced for a reason only.")
    user_id, undo = _user_id(given), bool(given.get(UNDO))
    number = (
        forcing_passwords.let_be(user_id, actor=actor, now=now, reason=reason)
        if undo
        else forcing_passwords.force(user_id, before=_before(given, now), actor=actor, now=now, reason=reason)
    )
    if number:
        note(FORCE, {"undone" if undo else "forced": number}, actor=actor, reason=reason, now=now)
    done = _lines({"passwords good again" if undo else "passwords ended, links on their way": number})
    return (*done, *_left(_planned(given, actor, now)))


def _planned(given: Given, actor: Actor, now: datetime) -> Lines:
    user_id = _user_id(given)
    if given.get(UNDO):
        return _lines({"let passwords be good again": _count("users", forcing_passwords.to_let_be(user_id))})
    query = forcing_passwords.to_force(user_id, actor, before=_before(given, now))
    return _lines({"end passwords, and all sessions, and mail links": _count("users", query)})


def _left(lines: Lines) -> Lines:
    """Say what is left where time was over."""
    return tuple(f"left: {each}; do it again, it goes on from here" for each in lines)


def _lines(numbers: Mapping[str, int]) -> Lines:
    return tuple(f"{what}: {number:,}" for what, number in numbers.items() if number)


def _count(name: str, query: Filter) -> int:
    found = collection(name).aggregate([{"$match": query}, {"$limit": MOST_COUNTED}, {"$count": "number"}])
    return int(found[0]["number"]) if found else 0


def _user_id(given: Given) -> str | None:
    called = given.get(USER)
    if called is None:
        return None
    found = queries.user_by_identifier(called)
    if found is None:
        raise CannotMendError(f"There is no user {called}.")
    return str(found["_id"])


def _before(given: Given, now: datetime) -> datetime:
    """Return before when a password must have been set to be ended."""
    text = given.get(BEFORE)
    if text is None:
        return now
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CannotMendError(f"{text} is no time with an offset, as 2026-11-27T00:10Z is.")
    return moment


END_ALL_SESSIONS = Fix(
    END,
    SECTION,
    "End the sessions of everybody, or of one user, of API and browser",
    "Everybody has to sign in again, at once; in the console you stay signed in yourself.",
    plan_end,
    end,
    options=(OF_ONE, Option(TOKENS, "`yes`: revoke permanent tokens, too")),
    needs_reason=True,
    permission=PERMISSION,
)
FORCE_NEW_PASSWORDS = Fix(
    FORCE,
    SECTION,
    "End the passwords of everybody but yourself, or of one user, and mail them links for new ones",
    "Who does not read their mail cannot sign in; sessions, permanent tokens and older links end.",
    plan_force,
    force,
    options=(
        OF_ONE,
        Option(BEFORE, "time with an offset: only passwords set before it, as 2026-11-27T00:10Z"),
        Option(UNDO, "`yes`: let be who has not chosen a new one yet"),
    ),
    needs_reason=True,
    permission=PERMISSION,
)
FIXES = (END_ALL_SESSIONS, FORCE_NEW_PASSWORDS)


def enter() -> None:
    """Register them; called when the app is ready."""
    for each in FIXES:
        registry.register(each)
