"""The console: what its lists and pages show, how they hang together, and that they change nothing."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from families.actions import members
from family_site.identity.models import User
from ops import clock
from ops.mongo.collections import Document, collection
from tests import commands, factories
from tests.console import LIST, Console, Page, document_page
from tests.database import documents
from tests.factories import Person, new_family, new_invitation, new_issuance, new_person, new_requests
from tests.failpoints import failing
from tests.families.allowed import DAY, allowed, run
from tests.families.frozen import Frozen


@pytest.fixture
def ada() -> Person:
    return new_person("ada")


@pytest.fixture
def larks(ada: Person) -> Document:
    """Ada's family, with Ben in it."""
    family, ben = new_family(ada, "The Larks"), new_person("ben")
    members.join(family["_id"], ben.id, actor=ada.actor, now=clock.now())
    return family


def page_of(console: Console, kind: str, identifier: str) -> Page:
    """Open the page of a document through the box that finds it."""
    found = console.get("/admin/find/", q=identifier)
    assert found.goes_to.startswith(LIST[kind]), found.text
    page = console.get(found.goes_to)
    assert page.status == 200
    return page


def test_the_first_page_leads_to_every_list_and_shows_the_latest_changes(
    console: Console, larks: Document
) -> None:
    page = console.get("/admin/")

    assert set(LIST.values()) <= page.links
    newest = [row[1:] for row in page.table("Latest changes")]
    assert ["family.created", "ada", "The Larks"] in newest
    assert ["member.joined", "ada", "ben"] in newest
    assert any(larks["_id"].removeprefix("fam_") in link for link in page.links)


def test_the_users_list(console: Console, ada: Person) -> None:
    rows = console.get(LIST["users"]).rows

    assert [row[:4] for row in rows] == [
        ["ada", ada.email, "True", "False"],
        ["operator", "operator@example.com", "True", "True"],
    ]
    assert all(row[4].endswith(" UTC") for row in rows)


def test_the_other_lists(console: Console, larks: Document, ada: Person) -> None:
    families = console.get(LIST["families"]).rows
    accounts = console.get(LIST["accounts"], kind="family").rows
    sessions = console.get(LIST["sessions"], user=ada.id).rows
    audit = console.get(LIST["audit"], family=larks["_id"]).rows

    assert [row[:5] for row in families] == [["The Larks", "active", "ada", "2", "family_the_larks"]]
    assert [row[:6] for row in accounts] == [["family_the_larks", "family", "The Larks", "active", "0", "2"]]
    assert [row[1:4] for row in sessions] == [["ada", "api", "in force"]]
    assert [row[1:5] for row in audit] == [
        ["member.joined", "ada", "ben", "The Larks"],
        ["family.created", "ada", "The Larks", "The Larks"],
    ]


def test_a_user_leads_to_families_account_sessions_and_changes(
    console: Console, larks: Document, ada: Person
) -> None:
    page = page_of(console, "users", "ada")

    assert page.field("E-mail" if "E-mail:" in page.html else "Email") == ada.email
    assert [row[:3] for row in page.table("Families")] == [["The Larks", "active", "admin"]]
    assert page.table("SBD account") == [["ada", "active", "0"]]
    assert [row[1:3] for row in page.table("Latest sessions")] == [["api", "in force"]]
    assert [row[1:] for row in page.table("Latest changes")] == [["user.registered", "system:tests", "ada"]]
    assert f"{LIST['audit']}?actor={ada.id}" in page.links
    assert f"{LIST['audit']}?target={ada.id}" in page.links
    assert f"{LIST['families']}?member={ada.id}" in page.links
    for kind in ("families", "accounts", "sessions", "audit"):
        assert any(link.startswith(LIST[kind]) and link.endswith("/change/") for link in page.links)
    assert larks["name"] in page.text


def test_a_family_leads_to_members_account_and_changes(console: Console, larks: Document) -> None:
    page = page_of(console, "families", larks["_id"])

    assert page.field("Founder") == "ada"
    assert page.field("Account") == "family_the_larks"
    assert page.field("Most members") == "5 (default)"
    assert [row[:3] for row in page.table("Members")] == [["ada", "admin", "no"], ["ben", "member", "no"]]
    assert ["timezone", "UTC"] in page.table("Settings")
    assert ["large_transaction_threshold", "1,000"] in page.table("Notification settings")
    assert [row[1] for row in page.table("Latest changes")] == ["member.joined", "family.created"]
    assert f"{LIST['audit']}?family={larks['_id']}" in page.links
    for kind in ("users", "accounts", "audit"):
        assert any(link.startswith(LIST[kind]) and link.endswith("/change/") for link in page.links)


def test_an_account_leads_to_owner_and_holders(console: Console, larks: Document) -> None:
    page = page_of(console, "accounts", "family_the_larks")

    assert page.field("Owner") == "The Larks"
    assert page.field("Balance") == "0"
    assert [row[:7] for row in page.table("Holders")] == [
        ["ada", "manager", "yes", "unlimited", "-", "yes", "ada"],
        ["ben", "viewer", "no", "0", "-", "yes", "ada"],
    ]
    assert any(link.startswith(LIST["families"]) and link.endswith("/change/") for link in page.links)
    assert [row[1:3] for row in page.table("Latest changes")] == [["family.created", "ada"]]
    assert page.field("Id") == larks["account_id"]


def test_a_frozen_account_says_who_froze_it_and_why(console: Console, larks: Document) -> None:
    freeze = {"by": "user_x", "at": clock.now(), "reason": "a <b>lost</b> card"}
    change = {"status": "frozen", "freeze": freeze, "holders.1.period_limit": {"period": "week", "limit": 5}}
    collection("sbd_accounts").update({"_id": larks["account_id"]}, {"$set": change})

    page = page_of(console, "accounts", larks["account_id"])

    assert page.field("Status") == "frozen"
    frozen = page.field("Freeze")
    assert frozen.startswith("by user_x since 20")
    assert frozen.endswith(" UTC: a <b>lost</b> card")
    assert "<b>lost</b>" not in page.html
    assert page.table("Holders")[1][4] == '{ "period": "week", "limit": 5 }'


def test_pending_invitations_show_until_when_they_take_a_place(
    console: Console, ada: Person, larks: Document
) -> None:
    sent = new_invitation(larks["_id"], ada, "ida@example.com")

    page = page_of(console, "families", larks["_id"])

    ((_, *shown),) = page.table("Pending invitations")
    assert shown == ["ida@example.com", "sibling", f"{sent['expires_at']:%Y-%m-%d %H:%M:%S} UTC"]
    assert console.get(LIST["families"]).rows[0][0] == "The Larks"


def test_an_audit_entry_shows_what_changed_and_leads_on(console: Console, larks: Document) -> None:
    (created,) = [e for e in documents("audit_log")["audit_log"] if e["action"] == "family.created"]

    page = page_of(console, "audit", created["_id"])

    assert (page.field("Actor"), page.field("Target"), page.field("Family")) == (
        "ada",
        "The Larks",
        "The Larks",
    )
    assert page.table("What changed") == [
        ["account_id", "-", "family_the_larks"],
        ["admin_user_ids", "-", "ada"],
        ["name", "-", "The Larks"],
    ]
    assert {f"{LIST['audit']}?{name}={value}" for name, value in [
        ("target", larks["_id"]), ("family", larks["_id"]), ("actor", larks["founder_id"])
    ]} <= page.links  # fmt: skip


def test_a_session_shows_no_part_of_a_token(console: Console, ada: Person, staff: Person) -> None:
    stored = {each["_id"]: each for each in documents("sessions")["sessions"]}
    (own,) = [each for each in stored.values() if each["kind"] == "browser"]

    of_api = page_of(console, "sessions", ada.session_id)
    of_console = page_of(console, "sessions", own["_id"])

    assert of_api.field("User") == "ada"
    assert stored[ada.session_id]["refresh"]["jti"] not in of_api.html
    assert own["data"] not in of_console.html
    assert of_console.field("User") == staff.username
    user = page_of(console, "users", staff.id)
    (secret,) = [u for u in documents("users")["users"] if u["_id"] == staff.id]
    assert secret["password"] not in user.html
    assert secret["security_stamp"] not in user.html


@pytest.mark.parametrize("kind", LIST)
def test_nothing_can_be_added_changed_or_deleted(
    console: Console, ada: Person, larks: Document, kind: str
) -> None:
    new_invitation(larks["_id"], ada, "ida@example.com")
    new_issuance(ada)
    factories.new_override()
    factories.new_guards()
    factories.new_permanent_token(ada)
    new_requests(larks["_id"], ada)
    Frozen(2).begun()
    allowed(now=clock.now() - 3 * DAY)
    run(clock.now())
    before = {name: each for name, each in documents().items() if name != "sessions"}
    listed = console.get(LIST[kind])
    (address, *_) = [link for link in listed.links if link.startswith(LIST[kind]) and "/change/" in link]
    base = address.removesuffix("change/")
    changes = {
        "action": "delete_selected",
        "_selected_action": larks["_id"],
        "index": "0",
        "select_across": "1",
    }

    answers = [console.post(f"{base}{each}", {"post": "yes"}).status for each in ("change/", "delete/")]
    answers.append(console.post(f"{LIST[kind]}add/", {"name": "x"}).status)
    shown = [console.get(f"{base}{each}").status for each in ("delete/", "history/", "")]
    console.post(LIST[kind], changes)

    assert answers == [403, 403, 403]
    assert shown[:2] == [403, 404]
    assert {name: each for name, each in documents().items() if name != "sessions"} == before
    page = console.get(address)
    asking = ("search", "hidden", "date")  # sent by a GET
    assert {each for each in re.findall(r'<input type="?(\w+)', page.html) if each not in asking} == set()
    assert "delete_selected" not in listed.html


def test_passwords_are_not_changed_here(console: Console) -> None:
    assert console.get("/admin/password_change/").status == 404
    assert "/admin/password_change/" not in console.get("/admin/").links


def test_who_may_see_users_only_sees_users_only(larks: Document, helper: Person) -> None:
    console = Console(helper)

    assert LIST["users"] in console.get("/admin/").links
    assert LIST["families"] not in console.get("/admin/").links
    seen = {kind: console.get(path).status for kind, path in LIST.items()}
    assert seen == {**dict.fromkeys(LIST, 403), "users": 200}
    assert console.get("/admin/find/", q=larks["_id"]).status == 200
    page = page_of(console, "users", "ada")
    assert "The Larks" not in page.text
    assert "Latest changes" not in page.text
    assert "Latest sessions" not in page.text


def test_a_list_costs_as_many_commands_for_many_rows_as_for_few(console: Console, larks: Document) -> None:
    def commands_of(path: str) -> int:
        with commands.recorded() as sent:
            assert console.get(path).status == 200
        return len(sent)

    before = {kind: commands_of(path) for kind, path in LIST.items()}
    for number in range(5):
        new_family(new_person(f"founder-{number}"))

    assert {kind: commands_of(path) for kind, path in LIST.items()} == before
    assert larks


def test_the_log_of_the_admin_itself_still_works(staff: Person, console: Console) -> None:
    user = User.objects.get(pk=staff.id)

    LogEntry.objects.log_actions(user.pk, [user], CHANGE, change_message="seen", single_object=True)

    assert [str(each.object_repr) for each in LogEntry.objects.all()] == ["operator"]
    assert console.get("/admin/").status == 200


def test_every_page_carries_the_headers_of_a_page(console: Console) -> None:
    headers = console.get(LIST["users"]).raw.headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "no-store" in headers["Cache-Control"]


def test_while_the_database_is_away_there_is_a_page_that_says_so(console: Console) -> None:
    with failing("find", "aggregate", closeConnection=True):
        page = console.get(LIST["users"])

    assert page.status == 503
    assert "Back to the console" in page.text
    assert page.raw.headers["Retry-After"]
    assert console.get(LIST["users"]).status == 200


def test_a_stranger_sees_the_sign_in_page_only(api: Any, ada: Person, larks: Document) -> None:
    outside = Console()
    paths = ["/admin/", *LIST.values(), "/admin/find/", document_page(LIST["families"], larks["_id"])]

    assert {outside.get(path).goes_to.partition("?")[0] for path in paths} == {"/admin/login/"}
    assert api(ada).get("/admin/").status == 302  # an access token is no session of the console
