"""Votes on opening an account in the console: staff see them, and change nothing of them."""

import pytest

from family_site.identity.roles import Role
from ops.mongo.collections import Document
from tests.console import LIST, Console, document_page
from tests.factories import new_staff
from tests.families.frozen import WHY, Frozen, reject

FAMILIES = LIST["families"]


@pytest.fixture
def support() -> Console:
    return Console(new_staff(Role.SUPPORT))


@pytest.fixture
def family() -> Frozen:
    return Frozen(3)


@pytest.fixture
def emergency(family: Frozen) -> Document:
    """A vote with one approval and one rejection."""
    begun = family.begun()
    reject(family.members[1], begun, "not yet")
    return begun


@pytest.mark.parametrize(
    "search",
    [
        *("?q={id}", "?q={family}", "?family={family}", "?status=pending", "?created_at=today"),
        "?family={family}&status=pending",
    ],
)
def test_a_vote_is_found_by_what_people_know_of_it(
    support: Console, emergency: Document, search: str
) -> None:
    address = LIST["emergencies"] + search.format(id=emergency["_id"], family=emergency["family_id"])

    assert len(support.get(address).rows) == 1


@pytest.mark.parametrize("search", ["?status=executed", "?q=emr_1", "?q=fam_1"])
def test_others_are_not(support: Console, emergency: Document, search: str) -> None:
    assert support.get(LIST["emergencies"] + search).rows == []
    assert emergency


def test_the_page_tells_who_voted_what_and_offers_nothing_to_do(
    support: Console, family: Frozen, emergency: Document
) -> None:
    page = support.get(document_page(LIST["emergencies"], emergency["_id"]))

    assert page.status == 200
    asks, against, undecided = family.members
    assert (page.field("Reason"), page.field("Asked for by")) == (WHY, asks.username)
    assert page.field("Frozen by") == family.admin.username
    counted = [page.field(label) for label in ("Required", "Approvals", "Rejections", "Have not voted")]
    assert counted == ["2", "1", "1", "1"]
    rows = [(row[0], row[1], row[3], row[4]) for row in page.table("Voters")]
    assert rows == [
        (asks.username, "approval", "-", "-"),
        (against.username, "rejection", "not yet", "-"),
        (undecided.username, "-", "-", "-"),
    ]
    assert 'name="action"' not in page.html


def test_the_familys_page_leads_to_its_votes(support: Console, family: Frozen, emergency: Document) -> None:
    page = support.get(document_page(FAMILIES, family.id))

    assert [row[1] for row in page.table("Votes on opening the account")] == ["pending"]
    assert document_page(LIST["emergencies"], emergency["_id"]) in page.links
    assert f"{LIST['emergencies']}?family={family.id}" in page.links
