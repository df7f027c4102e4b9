"""Second factors over HTTP: set up, asked for at a sign-in, shown again; and what becomes of codes."""

from typing import Any

from family_site.identity import totp
from family_site.identity.queries import user_by_id
from ops import clock
from ops.mongo.collections import Document, collection
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.family_site.test_register_api import TOKENS
from tests.mails import mails
from tests.second_factors import Secured

CODE = "X-2FA-Code"
HERE = "127.0.0.1"
METHODS = ["totp", "backup"]
NOBODY_GETS_IN = (401, "INVALID_CREDENTIALS")


def log_in(person: Person, address: str = HERE, **more: Any) -> Answer:
    """Send name and password, and whatever else."""
    body = {"username": person.username, "password": PASSWORD, **more}
    return Api(address=address).post("/auth/login", body)


def challenged(of: Secured, address: str = HERE) -> str:
    """Return the token of a challenge."""
    answer = log_in(of.person, address)
    assert answer.problem == (401, "TWO_FACTOR_REQUIRED")
    return str(answer.json["details"]["challenge_token"])


def answered(token: str, code: str, address: str = HERE, **more: Any) -> Answer:
    """Answer a challenge."""
    return Api(address=address).post("/auth/login/2fa", {"challenge_token": token, "code": code, **more})


def reauthenticated(person: Person, **sent: str) -> Answer:
    """Confirm a session."""
    return Api(person).post("/auth/reauthenticate", sent)


def void_as(answer: Answer) -> str:
    """Return why a token is not taken."""
    assert answer.problem == (401, "INVALID_TOKEN"), answer.text
    return str(answer.json["details"]["reason"])


def wrong(of: Secured) -> str:
    """Return six digits that are no code of theirs around now."""
    step = totp.step_at(clock.now())
    near = {totp.code_at(of.secret, step + away) for away in range(-3, 4)}
    return next(each for each in ("000000", *(str(number) * 6 for number in range(1, 9))) if each not in near)


def factor(of: Secured) -> Document:
    """Return what is stored of a second factor."""
    found: Document = user_by_id(of.person.id)["second_factor"]
    return found


def forget_used_codes(of: Secured) -> None:
    """Let the codes of now count again, as when time has passed."""
    collection("users").update({"_id": of.person.id}, {"$set": {"second_factor.last_step": 0}})


def failures() -> int:
    """Return how many failures are counted of all."""
    return sum(each["count"] for each in documents("sign_in_failures")["sign_in_failures"])


def session(session_id: str) -> Document:
    """Return what is stored of a session."""
    found = collection("sessions").find_one({"_id": session_id})
    assert found is not None
    return found


def sessions_of(person: Person) -> int:
    """Return how many sessions somebody has."""
    return len([each for each in documents("sessions")["sessions"] if each["user_id"] == person.id])


def is_limited(answer: Answer) -> bool:
    """Tell whether it is a good refusal for too many wrong codes."""
    if answer.status != 429:
        return False
    assert answer.problem == (429, "RATE_LIMIT_EXCEEDED")
    facts = {"operation": "login_2fa", "limit": 10, "window": 3600, "scope": "user"}
    assert answer.json["details"] == facts
    assert 1 <= answer.json["retry_after"] <= 3600
    assert answer.headers["Retry-After"] == str(answer.json["retry_after"])
    assert answer.headers["X-RateLimit-Type"] == "user"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    return True


def opened(answer: Answer) -> str:
    """Return the id of the session that was opened, with the second factor."""
    assert (answer.status, answer.json.keys()) == (200, TOKENS)
    assert answer.json["two_fa_enabled"] is True
    session_id = str(answer.json["session_id"])
    stored = session(session_id)
    assert stored["second_factor_at"] == stored["created_at"]
    assert stored["fresh_until"] is None
    assert audit("session.opened")[-1]["target"] == session_id
    assert audit("session.opened")[-1]["after"] == {"second_factor": True}
    return session_id


# Setting it up and giving it up -------------------------------------------------------------------

OFF = {"enabled": False, "methods": [], "pending": False}
ON = {"enabled": True, "methods": METHODS, "pending": False}
# Where a change of a second factor shows.
STORED = ("users", "audit_log", "email_outbox", "notifications")


def set_up(person: Person, password: str = PASSWORD) -> Answer:
    """Ask for a secret."""
    return Api(person).post("/auth/2fa/setup", {"method": "totp", "password": password})


def verify(person: Person, code: str) -> Answer:
    """Send the first code of a secret."""
    return Api(person).post("/auth/2fa/verify", {"method": "totp", "code": code})


def give_up(of: Secured, path: str, code: str, password: str = PASSWORD) -> Answer:
    """Disable or reset it."""
    return Api(of.person).post(f"/auth/2fa/{path}", {"password": password, "code": code})


def status(person: Person) -> dict[str, Any]:
    """Return how it is with somebody's second factor."""
    found: dict[str, Any] = Api(person).get("/auth/2fa/status").json
    return found


def last_warning() -> tuple[str, str]:
    """Return to whom the last warning goes, and of which event the last notice is."""
    notices = sorted(documents("notifications")["notifications"], key=lambda each: each["created_at"])
    return mails("security")[-1].to, notices[-1]["data"]["event"]
