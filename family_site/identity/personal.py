"""What is kept about people who sign in; for ``manage.py export_person``. No secret is among it."""

from family_site.identity import queries
from ops.mongo.collections import collection
from ops.personal import Kept, Person, person_by, register

LINK = ("kind", "address", "created_at", "expires_at", "used_at")


def enter() -> None:
    """Enter the collections, and who knows people."""
    person_by(_person)
    register(
        Kept("users", lambda person: {"_id": person.id}, USER),
        Kept("sessions", _of_user, SESSION),
        Kept("api_tokens", _of_user, TOKEN),
        Kept("challenges", _of_user, LINK),
        Kept("sign_in_challenges", _of_user, ("address", "tries", "created_at", "expires_at", "used_at")),
        Kept("link_requests", lambda person: {"address": person.email}, ("kind", "address", "asked_at")),
    )


USER = (
    *("username", "email", "email_confirmed_at", "is_active", "is_staff", "staff_roles", "created_at"),
    *("sign_ins", "signed_in_at", "external_identities", "second_factor.on_since", "password_at"),
)
SESSION = (
    *("kind", "created_at", "last_seen_at", "expires_at", "revoked_at", "second_factor_at"),
    *("address", "user_agent", "revoked_reason"),
)
TOKEN = (
    *("description", "scopes", "ip_restrictions", "created_at", "expires_at", "last_used_at"),
    *("usage_count", "revoked_at"),
)


def _of_user(person: Person) -> dict[str, str]:
    return {"user_id": person.id}


def _person(identifier: str) -> Person | None:
    found = collection("users").find_one({"_id": identifier}) or queries.user_by_identifier(identifier)
    return Person(found["_id"], found["username"], found["email"]) if found else None
