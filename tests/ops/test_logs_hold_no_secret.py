"""No secret, token, address, query string, and nothing that people wrote, is in any line of a busy system.

Source: design, section 8 (logs).
"""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from ops import clock
from ops.logs.scrubbing import scrubbed
from ops.outbox.delivery import deliver_due
from tests.api import Api
from tests.authorization import Operation, operations
from tests.console import LIST, Console
from tests.factories import PASSWORD, Person, new_family, new_invitation, token_of
from tests.mailbox import at, mailbox
from tests.ops.loglines import events, written
from tests.world import World, made_world

PLANTED = "Planted-Secret-4711"
WRITTEN = {
    *("password", "current_password", "new_password", "token", "refresh_token", "verification_code"),
    *("reason", "recovery_reason", "note", "name", "description", "item_name"),
}
ADDRESS, SIGNED = re.compile(r"[\w.+-]+@[\w-]+\.\w"), re.compile(r"eyJ[\w-]{8,}")


def told(lines: list[str], secrets: set[str]) -> list[str]:
    """Return the lines that tell what they must not."""
    found = [line for line in lines if any(secret in line for secret in secrets)]
    return found + [line for line in lines if ADDRESS.search(line) or SIGNED.search(line)]


def typed(body: Any) -> set[str]:
    """Return what a person has written in a body."""
    members = body.items() if isinstance(body, dict) else ()
    return {value for name, value in members if name in WRITTEN and isinstance(value, str) and len(value) > 4}


@pytest.fixture(autouse=True)
def _web(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a web process, which logs each change."""
    monkeypatch.setenv("SBD_ROLE", "web")


@pytest.fixture
def world() -> World:
    return made_world()


@pytest.mark.long
def test_no_line_of_any_operation_tells_a_secret(world: World) -> None:
    sent: set[str] = {PLANTED, PASSWORD, world.token, world.code}
    sent |= {person.token for person in world.people.values()}
    lines: list[str] = []
    for row in operations():
        for actor in callers(row):
            with world.snapshot.restoring(), written() as said:
                sent |= call(row, world, actor)
            lines += said

    assert len(events(lines, event="request")) == sum(len(callers(row)) for row in operations())
    assert told(lines, sent) == []


def callers(row: Operation) -> list[str]:
    """Return one who may, one who may not, and nobody."""
    may = next((actor for actor, cell in row.cells.items() if cell == "+"), "nobody")
    return list(dict.fromkeys((may, "stranger", "nobody")))


def call(row: Operation, world: World, actor: str) -> set[str]:
    """Call an operation with a secret in the query; returns what the body told."""
    caller = Api() if actor == "nobody" else Api(world.person(actor))
    path, body = row.address(world, actor), row.body(world, actor)
    mark = "&" if "?" in path else "?"
    caller.send(row.method, f"{path}{mark}token={PLANTED}", body, user_agent=PLANTED)
    return typed(body)


def test_no_line_of_pages_mails_and_links_tells_a_secret(
    person: Person, staff: Person, api: Callable[..., Api]
) -> None:
    family = new_family(person, PLANTED)
    invitation = new_invitation(family["_id"], person, "wren@example.com")
    token = token_of(invitation)

    with written() as lines:
        for path in ("/family/invitation/{}/accept", "/nowhere/{}", "/auth/verify-email?token={}"):
            api(accept="text/html").get(path.format(token))
        Console(staff).get(LIST["users"] + f"?q={PLANTED}")
        with mailbox():
            deliver_due(now=clock.now())
    with mailbox(at("RCPT", "550 no wren@example.com here")), written() as refused:
        new_invitation(family["_id"], person, "owl@example.com")
        deliver_due(now=clock.now())

    assert [each["event"] for each in events(refused, level="WARNING")] == ["mail given up"]
    assert len(events(lines, event="mail sent")) == 1
    assert len(events(lines, event="request")) >= 4
    assert told(lines + refused, {PLANTED, token, PASSWORD, person.email}) == []


def test_what_an_exception_quotes_is_not_in_its_line(
    api: Callable[..., Api], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise LookupError(f'E11000 dup key: {{ email: "{person.email}" }} {person.token} {person.email}')

    monkeypatch.setattr("families.queries.my_families", fail)

    with written() as lines:
        assert api(person).get("/family/my-families").status == 500

    (line,) = events(lines, event="request failed")
    assert line["exception"].splitlines()[-1] == "LookupError: E11000 dup key: … … …@…"
    assert told(lines, {person.token}) == []


def test_what_a_library_says_is_scrubbed() -> None:
    with written() as lines:
        logging.getLogger("redis").warning("no redis://app:hunter2@cache/0 for %s", "wren@example.com")

    (line,) = events(lines, logger="redis")
    assert line["event"] == "no redis://…@cache/0 for …@…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mongodb://app:p%40ss@db1.example.com,db2/admin", "mongodb://…@db1.example.com,db2/admin"),
        ("to ada.l+x@example.co.uk, now", "to …@…, now"),
        ("GET /auth/verify-email?token=abc&x=1 gone", "GET /auth/verify-email?… gone"),
        ("Bearer eyJhbGciOi.eyJzdWIi.c2ln", "Bearer …"),
        ("a link 9fK3jzQ0aVb7cXw2ytRr5LmN8pQsTuVw1234567890a", "a link …"),
        ("fam_3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f and 0123456789abcdef0123456789abcdef", None),
        (
            'File "/opt/sbd/releases/1.4.0/families/actions/joining.py", line 8, in test_of_something_long_1',
            None,
        ),
    ],
)
def test_secrets_are_taken_out_and_ids_and_places_stay(text: str, shown: str | None) -> None:
    assert scrubbed(text) == (shown or text)
