"""fix:read_only: nobody changes anything, and all can be read (runbook, section 17; inventory, C17)."""

from datetime import datetime

from ops.actors import Actor
from ops.doctor.fixes.fix import CannotMendError, Fix, Given, Lines, Option
from ops.doctor.fixes.noting import note
from ops.read_only import switching

NAME, OFF = "read_only", "off"


def plan(given: Given, _now: datetime) -> Lines:
    """Say what would be closed, or opened."""
    standing = switching.standing()
    if not given.get(OFF):
        return () if standing else ("refuse changes by users with 503, and put off the jobs that make some",)
    if standing is None:
        return ()
    return (f"open changes again, closed since {standing['since']:%Y-%m-%d %H:%M} UTC",)


def apply(given: Given, actor: Actor, reason: str | None, now: datetime) -> Lines:
    """Close or open them; needs a reason."""
    if reason is None:
        raise CannotMendError("Changes are closed, and opened, for a reason only.")
    opens = bool(given.get(OFF))
    switch = switching.switch_off if opens else switching.switch_on
    if not switch(reason=reason, actor=actor, now=now):
        return ()
    note(NAME, {"on": not opens}, actor=actor, reason=reason, now=now)
    return (f"changes are {'open again' if opens else 'closed'}, everywhere within a second",)


FIX = Fix(
    NAME,
    17,
    "Close all changes by users, so that nothing is moved while you look; reading goes on",
    "Nobody pays, joins or signs up, and no allowance is paid, until it is switched off again.",
    plan,
    apply,
    options=(Option(OFF, "`yes`: open changes again"),),
    needs_reason=True,
    permission="ops.respond_security",
)
