"""One page each for a person, a family and an account: all about it, and the line that sums it up."""

import pytest

from families.actions import emergencies
from families.admin import families, invitations
from family_site.identity.roles import Role
from ops import clock
from ops.access import changing
from ops.actors import Actor
from ops.console import references
from ops.guarding import RuleKind
from ops.mongo.collections import Document, collection
from tests import commands
from tests.console import Console, Page
from tests.factories import (
    Person,
    new_family,
    new_invitation,
    new_member,
    new_person,
    new_requests,
    new_staff,
)
from tests.families.frozen import WHY, Frozen
from tokens.admin import spending

STAFF = Actor.system("tests")


@pytest.fixture
def console() -> Console:
    return Console(new_person("operator", is_staff=True))


@pytest.fixture
def cleo(person: Person, larks: Document) -> Person:
    """A member of the family who asked for something, and is invited to another one by her address."""
    made = new_member(larks["_id"], person, new_person("cleo"))
    new_requests(larks["_id"], made)
    other = new_person("other")
    new_invitation(new_family(other, "Owls")["_id"], other, made.email)
    return made


def page_of(console: Console, model: str, identifier: str) -> Page:
    page = console.get(references.page_of(model, identifier))
    assert page.status == 200
    return page


def test_a_persons_page_has_all_about_them(console: Console, person: Person, cleo: Person) -> None:
    rule = changing.Wanted(RuleKind.USER, cleo.id, None, "for a test")
    changing.block(rule, actor=STAFF, now=clock.now())

    page = page_of(console, "identity.user", cleo.id)

    assert [row[1:4] for row in page.table("Invitations to them")] == [
        ["Owls", cleo.email, "pending"],
        ["Larks", "cleo", "accepted"],
    ]
    assert page.table("Invitations by them") == []
    assert sorted(row[1:5] for row in page.table("Requests by them")) == [
        ["purchase", "cleo", "5", "the old one flew away"],
        ["tokens", "cleo", "5", "for bread"],
    ]
    assert "invitation" in {row[1] for row in page.table("Latest mails")}
    assert page.table("Rules of access") == [[f"block {cleo.id}", "holds", "-"]]
    for part in (
        *("member of 1 family", "may spend from 0 of 2 accounts", "1 invitation to answer"),
        *("2 of the latest requests wait", "kept out by a rule"),
    ):
        assert part in page.text, part
    inviter = page_of(console, "identity.user", person.id)
    assert [row[1:4] for row in inviter.table("Invitations by them")] == [["Larks", "cleo", "accepted"]]


def test_the_first_line_counts_what_is_so_now(console: Console, cleo: Person) -> None:
    rule = changing.Wanted(RuleKind.USER, cleo.id, None, "for a test")
    changing.block(rule, actor=STAFF, now=clock.now())
    changing.allow(rule, actor=STAFF, now=clock.now())
    past = {"$set": {"expires_at": clock.now()}}
    collection("family_invitations").update_all({"status": "pending"}, past)

    page = page_of(console, "identity.user", cleo.id)

    assert len(page.table("Rules of access")) == 2
    assert "kept out by a rule" not in page.text
    assert len(page.table("Invitations to them")) == 2
    assert "to answer" not in page.text


def test_the_first_line_says_that_there_may_be_more(
    console: Console, larks: Document, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (families, "MEMBERSHIPS_SHOWN"),
        (spending, "MOST_HELD"),
        (invitations, "OPEN_SHOWN"),
    ):
        monkeypatch.setattr(module, name, 1)
    new_invitation(larks["_id"], person, "ida@example.com")

    of_person = page_of(console, "identity.user", person.id)
    of_family = page_of(console, "families.family", larks["_id"])

    assert "member of 1+ families" in of_person.text
    assert "from 0 of 1+ accounts" in of_person.text
    assert "1+ invitations pending" in of_family.text


def test_a_familys_page_has_all_about_it(
    console: Console, person: Person, larks: Document, cleo: Person
) -> None:
    new_invitation(larks["_id"], person, "ida@example.com")

    page = page_of(console, "families.family", larks["_id"])

    assert [row[1:4] for row in page.table("Earlier invitations")] == [["Larks", "cleo", "accepted"]]
    assert [row[1] for row in page.table("Pending invitations")] == ["ida@example.com"]
    assert {row[2] for row in page.table("Latest requests")} == {"cleo"}
    assert page.table("Recovery under way") == []
    for part in ("2 members, 1 of them admins", "1 invitation pending", "2 of the latest requests wait"):
        assert part in page.text, part
    assert cleo


def test_an_account_says_that_its_members_vote_on_it(console: Console) -> None:
    frozen = Frozen(2)
    emergencies.request(frozen.id, WHY, actor=frozen.members[0].actor, now=clock.now())

    page = page_of(console, "tokens.sbdaccount", frozen.account_id)

    assert [row[1] for row in page.table("Vote under way")] == [frozen.members[0].username]
    for part in ("Frozen", "0 tokens", "its members vote on opening it"):
        assert part in page.text, part


def test_a_role_sees_of_a_person_what_it_may_see(larks: Document, cleo: Person) -> None:
    finance = page_of(Console(new_staff(Role.FINANCE)), "identity.user", cleo.id)
    support = page_of(Console(new_staff(Role.SUPPORT)), "identity.user", cleo.id)

    assert "Invitations to them" not in finance.text
    assert "Requests by them" in finance.text
    assert "Invitations to them" in support.text
    assert "Requests by them" not in support.text
    assert "may spend" not in support.text
    assert larks


@pytest.mark.parametrize("model", ["identity.user", "families.family"])
def test_a_page_costs_as_many_commands_for_much_as_for_little(
    console: Console, larks: Document, cleo: Person, model: str
) -> None:
    identifier = {"identity.user": cleo.id, "families.family": larks["_id"]}[model]

    def steps() -> list[str]:
        with commands.recorded() as sent:
            page_of(console, model, identifier)
        return sorted(commands.steps(sent))

    page_of(console, model, identifier)
    few = steps()
    for number in range(3):
        new_requests(larks["_id"], cleo)
        other = new_person(f"other-{number}")
        family = new_family(other, f"Family {number}")
        new_invitation(family["_id"], other, cleo.email)
        new_member(family["_id"], other, cleo)

    assert len(steps()) <= len(few)
