"""The way to another provider and back, as a browser goes it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.conf import settings

from family_site.identity import queries
from family_site.identity.actions import confirming
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document
from tests.database import documents
from tests.factories import Person, new_person
from tests.identity_provider import NAME
from tests.visitor import Shown, Visitor

BUTTON = f"Sign in with {NAME}"
CALLBACK = "/sign-in/external/callback"


def confirmed(person: Person | None = None) -> Person:
    """Return somebody whose address is confirmed."""
    person = person or new_person()
    by = Actor.system("tests")
    confirming.confirm_by_staff(person.id, actor=by, now=clock.now(), reason="for a test")
    return person


def begun(visitor: Visitor, at: str = "/sign-in") -> Shown:
    """Press the button; returns what leads to the provider."""
    form = visitor.open(at).form(BUTTON)
    return visitor.send(form.action, form.fields)


def asked(address: str) -> dict[str, str]:
    """Return what stands in the query of an address."""
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


def sent_back(address: str) -> str:
    """Go to the provider; returns the page of ours to which it sends the browser back."""
    answer = httpx.get(address)
    assert answer.status_code == 302, answer.text
    back = answer.headers["Location"]
    assert back.startswith(f"{settings.PUBLIC_URL}{CALLBACK}?")
    return str(back.removeprefix(settings.PUBLIC_URL))


def there_and_back(visitor: Visitor, at: str = "/sign-in") -> Shown:
    """Go there and come back; where the answer leads on to, is told and not followed."""
    return visitor.open(sent_back(begun(visitor, at).goes_to))


def linked(person: Person) -> list[Document]:
    """Return who somebody is at other providers."""
    found: list[Document] = queries.user_by_id(person.id).get("external_identities", [])
    return [{name: each[name] for name in ("issuer", "subject")} for each in found]


def everything() -> dict[str, Any]:
    """Return all there is but the marks of ways that were gone."""
    return {name: found for name, found in documents().items() if name != "external_sign_ins"}


def refused(visitor: Visitor, page: Shown, before: dict[str, Any]) -> tuple[int, str]:
    """Return what is told; nobody is signed in, and nothing is changed."""
    assert everything() == before
    assert page.heading == "Not signed in"
    assert page.links["Back to the sign-in"] == "/sign-in"
    assert "sbd_session" not in visitor.cookies
    assert not visitor.is_signed_in
    return page.status, page.text


def gone(change: Callable[[str], str] = str) -> tuple[int, str]:
    """Go there and come back, by an address that was changed on the way; returns what is told."""
    visitor, before = Visitor(), everything()
    page = visitor.open(change(sent_back(begun(visitor).goes_to)))
    return refused(visitor, page, before)
