"""/admin/breach-scope/: the same scope on a page, for staff who may see security incidents."""

import pytest

from family_site.identity.roles import Role
from tests.console import Console
from tests.factories import new_staff
from tests.ops.breach.conftest import ATTACKER, Breach

PATH = "/admin/breach-scope/"


@pytest.fixture
def auditor(breach: Breach) -> Console:  # noqa: ARG001  # planted first, with what is stored put back
    return Console(new_staff(Role.AUDITOR, "auditor"))


def test_it_names_what_was_touched_and_the_line_that_tells_what_was_read(
    breach: Breach, auditor: Console
) -> None:
    page = auditor.get(PATH, since=breach.since.isoformat(), session=breach.session)

    assert page.status == 200
    assert breach.transaction in page.text
    assert "Tokens: 70 moved" in page.text
    assert ATTACKER in page.text
    assert f"breach_scope --since {breach.since.isoformat()} --session {breach.session}" in page.text
    assert breach.other_family not in page.text


def test_by_address_it_names_the_same(breach: Breach, auditor: Console) -> None:
    page = auditor.get(PATH, since=breach.since.isoformat(), network="203.0.113.0/24", follow="on")

    assert (page.status, breach.transaction in page.text) == (200, True)
    assert [row[1] for row in page.table("Ways in that were made")] == [
        "rights of a holder",
        "permanent token",
    ]
    assert "--address 203.0.113.0/24" in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"since": "2026-11-26"}, "Say whose acts"),
        ({"actor": "user_1"}, "Say since when"),
        ({"since": "2026-11-26", "network": "<b>here"}, "an address as 192.0.2.7"),
        ({"since": "soon", "actor": "user_1"}, "a moment as 2026-11-26T03:00Z"),
    ],
)
def test_what_is_not_to_be_understood_is_said(auditor: Console, typed: dict[str, str], said: str) -> None:
    page = auditor.get(PATH, **typed)

    assert (page.status, said in page.text, "<b>here" in page.text) == (200, True, False)


def test_it_asks_before_anything_is_typed(auditor: Console) -> None:
    page = auditor.get(PATH)

    assert (page.status, 'name="session"' in page.html, "Touched" in page.html) == (200, True, False)
