"""doctor:two_factor (runbook R070), and the part ``two_factor`` of ``/health``."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from family_site.identity import sign_in_queries, totp
from family_site.identity.actions import codes
from ops import sealed
from ops.doctor.asking import ask
from ops.doctor.check import Finding, Result
from ops.doctor.checks import clock
from ops.doctor.checks.clock import Reading
from ops.doctor.checks.keys import Trouble, finding
from ops.doctor.whereabouts import Whereabouts
from ops.mongo.collections import Document
from ops.second_factor import is_asked_of_staff

SHOWN = 5
PROBE = "second factor:probe"
# RFC 6238, appendix B: the secret in Base32, a step, and the last six of the eight digits of its code.
VECTOR_SECRET, VECTOR_STEP, VECTOR_CODE = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0x23523EC, "081804"


def look(where: Whereabouts) -> Finding:
    """Look at the staff, at a sample of sealed secrets, and at the clock."""
    found = ask(where, _asked)
    if isinstance(found, Finding):
        return found
    staff, people, reading = found
    having = {each["_id"]: each for each in (*staff, *people) if each.get("second_factor")}
    sealed_for_good = [each for each in having.values() if not _opens(each)]
    unopened, out_of_step = _unopened(sealed_for_good, len(having)), _out_of_step(reading)
    without = _without([each for each in staff if not each.get("second_factor")], len(staff))
    seen = finding(
        [*unopened, *out_of_step, *without],
        f"{_number(staff)} of {len(staff)} staff have one ({settings.STAFF_SECOND_FACTOR})",
    )
    return replace(seen, due_to=("clock",)) if out_of_step and not unopened else seen


def probe() -> str | None:
    """Return what is wrong with the second factor, for ``/health``; ``None``: nothing is."""
    if sealed.opened(sealed.seal(PROBE, purpose=PROBE), purpose=PROBE) != PROBE:
        return "what FIELD_KEY seals, it does not open"
    if totp.code_at(VECTOR_SECRET, VECTOR_STEP) != VECTOR_CODE:
        return "codes are not those of RFC 6238"
    reading = clock.with_database()
    if reading is None or reading.off <= clock.MOST:
        return None  # that MongoDB is away, its own part tells
    return f"the clock is {reading.off:.0f} s off"


def _asked() -> tuple[Sequence[Document], Sequence[Document], Reading | None]:
    return (
        sign_in_queries.active_staff(),
        sign_in_queries.users_with_second_factor(),
        clock.with_database(),
    )


def _opens(user: Document) -> bool:
    purpose = codes.purpose_of_secret(user["_id"])
    return sealed.opened(user["second_factor"]["secret"], purpose=purpose) is not None


def _unopened(users: Sequence[Document], number: int) -> list[Trouble]:
    if not users:
        return []
    evidence = f"{len(users)} of {number} secrets that were looked at cannot be opened: {_names(users)}"
    cause = (
        "FIELD_KEY has changed, and they cannot sign in: put the old key behind the new one; where it is "
        "lost, reset their second factor"
    )
    remedy = (
        f'.venv/bin/python manage.py reset_second_factor {users[0]["username"]} --reason "FIELD_KEY lost"'
    )
    return [Trouble(Result.FAILED, evidence, cause, remedy)]


def _out_of_step(reading: Reading | None) -> list[Trouble]:
    if reading is None:
        return []
    found = clock.judged({"MongoDB": reading})
    if found.result == Result.OK:
        return []
    return [Trouble(found.result, f"the clock: {found.evidence[0]}", str(found.cause), clock.STATUS)]


def _without(staff: Sequence[Document], number: int) -> list[Trouble]:
    if not staff or not is_asked_of_staff():
        return []
    evidence = f"{len(staff)} of {number} staff have none, and may do nothing as staff: {_names(staff)}"
    cause = "they have not set one up: each does so at the next sign-in to the console"
    other = ".venv/bin/python manage.py create_staff makes somebody with one"
    remedy = f"ask them to sign in at {settings.PUBLIC_URL}{settings.LOGIN_URL}; {other}"
    return [Trouble(Result.DEGRADED, evidence, cause, remedy)]


def _names(users: Sequence[Document]) -> str:
    more = len(users) - SHOWN
    shown = ", ".join(each["username"] for each in users[:SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _number(staff: Sequence[Document]) -> int:
    return sum(1 for each in staff if each.get("second_factor"))
