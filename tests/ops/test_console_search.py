"""The box on every page: ids of every kind, requests, addresses; what a role may not see is not found."""

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.access import changing
from ops.actors import Actor
from ops.console import references
from ops.guarding import RuleKind, SecurityEventType
from ops.incidents import records
from ops.mongo.collections import Document, collection
from ops.security import record
from ops.security.recording import recorder
from tests import commands
from tests.api import Api
from tests.console import LIST, Console, Page
from tests.factories import (
    BLOCKED,
    Person,
    new_guards,
    new_invitation,
    new_permanent_token,
    new_requests,
    new_staff,
)
from tests.tokens.funds import account_of, issue

FIND = "/admin/find/"
MOST_COMMANDS = 30


@pytest.fixture
def larks(people: dict[str, Person]) -> Document:
    """Ada's family."""
    found = collection("families").find_one({"founder_id": people["ada"].id})
    assert found is not None
    return found


def found(console: Console, typed: str) -> Page:
    return console.get(FIND, q=typed)


def test_an_id_of_every_kind_leads_to_its_page(
    console: Console, people: dict[str, Person], larks: Document
) -> None:
    invitation = new_invitation(larks["_id"], people["ada"], "ida@example.com")
    asked, bought = new_requests(larks["_id"], people["ada"])
    new_permanent_token(people["ada"])
    issue(larks["account_id"], 5)
    entry = collection("sbd_entries").find({"account": larks["account_id"]}, limit=1)[0]
    token = collection("api_tokens").find({}, limit=1)[0]
    kinds = {
        invitation["_id"]: "invitations",
        asked: "token requests",
        bought: "purchase requests",
        new_guards(): "security events",
        token["_id"]: "permanent tokens",
        entry["_id"]: "entries",
        entry["transaction"]: "transactions",
        invitation["mail_id"]: "mails",
        people["ada"].session_id: "sessions",
    }
    lists = {**LIST, "entries": "/admin/tokens/sbdentry/"}

    addresses = {typed: found(console, typed).goes_to for typed in kinds}

    assert {typed: address for typed, address in addresses.items() if not address} == {}
    assert all(addresses[typed].startswith(lists[kind]) for typed, kind in kinds.items())


def test_ids_without_a_page_of_their_own_lead_to_where_they_are_shown(
    console: Console, people: dict[str, Person], larks: Document
) -> None:
    family, ada = larks["_id"], people["ada"].id
    collection("recoveries").insert({"_id": "rec_x", "family_id": family})
    collection("family_relationships").insert({"_id": "rel_x", "family_id": family, "pair": "x"})
    collection("notifications").insert({"_id": "ntf_x", "user_id": ada})
    incident = records.new_id(clock.now())

    families = {found(console, typed).goes_to for typed in ("rec_x", "rel_x")}

    assert families == {references.page_of("families.family", family)}
    assert found(console, "ntf_x").goes_to == references.page_of("identity.user", ada)
    assert found(console, incident).goes_to == f"/admin/incidents/{incident}/"
    assert "Nothing is called" in found(console, "rec_y").text


def test_a_whole_name_that_only_one_has_leads_there(
    console: Console, people: dict[str, Person], larks: Document
) -> None:
    assert found(console, "the larks").goes_to == references.page_of("families.family", larks["_id"])
    assert [row[0] for row in found(console, "the lar").table("Families")] == ["The Larks"]
    assert people


def test_the_id_of_a_request_shows_what_it_did(console: Console, people: dict[str, Person]) -> None:
    ada, bert = people["ada"], people["bert"]
    issue(account_of(ada)["_id"], 50)
    answer = Api(ada).post("/sbd_tokens/send", {"to_user": bert.username, "amount": 7})
    request_id = collection("sbd_transactions").find({"actor": ada.id}, limit=1)[0]["request_id"]

    page = found(console, request_id)

    assert answer.status == 200
    assert page.status == 200
    assert [row[1:] for row in page.table("Transactions")] == [["send", "ada"]]
    assert f"Request {request_id}" in page.text
    transaction = found(console, collection("sbd_transactions").find({"actor": ada.id}, limit=1)[0]["_id"])
    assert f"{FIND}?q={request_id}" in console.get(transaction.goes_to).links


def test_what_a_request_changed_and_mailed_is_shown_to_those_who_may_see_it(
    console: Console, people: dict[str, Person], larks: Document
) -> None:
    about = {"actor": people["ada"].id, "target": larks["_id"], "family_id": larks["_id"]}
    collection("audit_log").insert(
        {"_id": "aud_x", "at": clock.now(), "action": "family.updated", "request_id": "request-1", **about}
    )
    new_invitation(larks["_id"], people["ada"], "ida@example.com")
    mail = collection("email_outbox").find({}, limit=1)[0]
    collection("email_outbox").update({"_id": mail["_id"]}, {"$set": {"request_id": "request-1"}})

    page, supports = found(console, "request-1"), found(Console(new_staff(Role.SUPPORT)), "request-1")

    assert [row[1:] for row in page.table("Changes")] == [["family.updated", "ada", "The Larks"]]
    assert [row[1] for row in page.table("Mails")] == [mail["template"]]
    assert [row[1] for row in supports.table("Mails")] == [mail["template"]]
    assert "family.updated" not in supports.text


def test_addresses_show_what_concerns_them(
    console: Console, people: dict[str, Person], larks: Document
) -> None:
    new_invitation(larks["_id"], people["ada"], "Ida@Example.com")
    new_guards()

    mailed, machine = found(console, "Ida@Example.com"), found(console, BLOCKED)

    assert [row[0] for row in mailed.table("Family invitations")] == ["The Larks (pending)"]
    assert [row[0] for row in mailed.table("E-mails")] == ["invitation (queued)"]
    assert {row[0] for row in machine.table("Access rules")} == {f"block {BLOCKED}", f"allow {BLOCKED}"}
    assert len(machine.table("Security events")) == 1


def test_an_address_of_ipv6_shows_what_is_counted_by_its_network(console: Console) -> None:
    record(SecurityEventType.RATE_LIMITED, "2001:db8:0:7::/64", {"operation": "login"})
    recorder.flush()
    rule = changing.Wanted(RuleKind.NETWORK, "203.0.113.0/24", None, "for a test")
    changing.block(rule, actor=Actor.system("tests"), now=clock.now())

    for typed in ("2001:db8:0:7::5", "2001:DB8:0:7::/64"):
        assert len(found(console, typed).table("Security events")) == 1, typed
    for typed in ("203.0.113.0/24", "203.0.113.9/24"):
        assert [row[0] for row in found(console, typed).table("Access rules")] == ["block 203.0.113.0/24"]


@pytest.mark.usefixtures("people")
def test_odd_text_leads_nowhere(console: Console) -> None:
    beginnings = ["", "inc_a/b", "run_a/b", "acc_x:y/z", "rec_\n", "//a.example/", "a" * 254, "a" * 9999]
    ends = ["\0", "$where", '{"$gt": ""}', "^.*(", "%00", "'\"<b>", "\U0010ffff", "::1%/8"]
    for typed in (first + last for first in beginnings for last in ends):
        page = found(console, typed)

        assert (page.status, page.goes_to) == (200, ""), typed
        assert "<b>" not in page.html.partition('id="content-main"')[2]


def test_what_a_role_may_not_see_is_not_found(people: dict[str, Person], larks: Document) -> None:
    operator = Console(new_staff(Role.OPERATOR))
    collection("recoveries").insert({"_id": "rec_x", "family_id": larks["_id"]})

    for typed in (people["ada"].id, "ada", "ada@example.com", larks["_id"], "the larks", "rec_x"):
        page = found(operator, typed)
        assert page.status == 200
        assert "/admin/identity/user/" not in page.html, typed
        assert "/admin/families/family/" not in page.html, typed


@pytest.mark.parametrize(
    "typed",
    ["ada", "a", "ida@example.com", "192.0.2.1", "2001:db8::1", "0" * 32, "user_x", "The Larks", "ad-hoc"],
)
@pytest.mark.usefixtures("people")
def test_whatever_is_typed_costs_few_commands(console: Console, typed: str) -> None:
    with commands.recorded() as sent:
        assert found(console, typed).status in {200, 302}

    assert len([each for each in sent if commands.is_products(each)]) <= MOST_COMMANDS
