"""Acting in the console: nothing without a right, a page that says what will happen, and a reason."""

import re
from typing import Any

import pytest
from django.test import Client

from family_site.identity.roles import Role
from ops.mongo.collections import collection
from tests.console import LIST, Console, Page
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_staff
from tests.failpoints import failing

USERS = LIST["users"]
REASON = "as asked by phone"
WRITTEN = ("users", "sessions", "audit_log")


def page_of(person: Person) -> str:
    return f"{USERS}{person.id.replace('_', '_5F')}/change/"


def active(*people: Person) -> list[bool]:
    by_id = {each["_id"]: each["is_active"] for each in documents("users")["users"]}
    return [by_id[each.id] for each in people]


def test_a_list_offers_what_there_is_to_do_without_all_across_pages(
    console: Console, people: dict[str, Person]
) -> None:
    page = console.get(USERS)

    assert re.findall(r'<option value="(\w*)"', page.html) == [
        *("", "disable", "enable", "confirm_email", "clear_counters", "reset_second_factor", "end_sessions")
    ]
    assert page.html.count('class="action-select"') == len(people) + 1
    assert "select_across" not in page.html
    assert 'name="action"' not in console.get(LIST["audit"]).html


def test_before_it_is_done_a_page_says_what_will_happen_and_asks_why(
    console: Console, people: dict[str, Person]
) -> None:
    before = documents(*WRITTEN)
    ada, bert = people["ada"], people["bert"]

    page = console.ask(f"{USERS}?is_active=yes", "disable", bert.id, ada.id)

    effect = "They cannot sign in until somebody enables them; all their sessions end."
    assert page.table("What will happen") == [["bert", "change", effect], ["ada", "change", effect]]
    assert {page_of(ada), page_of(bert), f"{USERS}?is_active=yes"} <= page.links
    assert "2 users chosen; 2 will be changed once you confirm it." in page.text
    assert re.findall(r'name="_selected_action" value="(\w+)"', page.html) == [bert.id, ada.id]
    assert documents(*WRITTEN) == before


def test_confirmed_it_is_done_to_each_and_audited_with_the_reason(
    console: Console, people: dict[str, Person], staff: Person
) -> None:
    ada, bert = people["ada"], people["bert"]

    page = console.confirm(USERS, "disable", ada.id, bert.id, reason=f"  {REASON}\t ")

    assert page.status == 200
    assert page.table("What became of it") == [["ada", "done", ""], ["bert", "done", ""]]
    assert "2 users: 2 done." in page.text
    assert active(ada, bert, people["adam"]) == [False, False, True]
    entries = audit("user.disabled")
    assert [each["target"] for each in entries] == [ada.id, bert.id]
    assert {each["request_id"] for each in entries} == {page.raw.headers["X-Request-ID"]}
    assert {(each["actor"], each["actor_kind"]) for each in entries} == {(staff.id, "staff")}
    assert [each["private"]["reason"] for each in entries] == [REASON, REASON]
    assert {each["private"]["address"] for each in entries} == {"127.0.0.1"}


def test_what_one_document_refuses_does_not_stop_the_others(
    console: Console, people: dict[str, Person], staff: Person
) -> None:
    ada, bert, adam = people["ada"], people["bert"], people["adam"]
    console.confirm(page_of(adam), "disable")

    page = console.confirm(USERS, "disable", ada.id, staff.id, "user_nobody", adam.id, bert.id)

    lines = page.table("What became of it")
    assert [line[:2] for line in lines] == [
        ["ada", "done"],
        ["operator", "refused"],
        ["user_nobody", "refused"],
        ["adam", "unchanged"],
        ["bert", "done"],
    ]
    assert lines[1][2]
    assert lines[2][2] == "There is nothing here."
    assert lines[3][2] == "Already disabled."
    assert "5 users: 2 done, 1 unchanged, 2 refused." in page.text
    assert active(ada, staff, adam, bert) == [False, True, False, False]
    assert len(audit("user.disabled")) == 3


def test_confirmed_twice_it_is_done_once(console: Console, people: dict[str, Person]) -> None:
    ada = people["ada"]
    first = console.confirm(page_of(ada), "disable")
    before = documents(*WRITTEN)

    second = console.confirm(page_of(ada), "disable")
    third = console.confirm(USERS, "disable", ada.id, people["ada"].id)

    assert (first.goes_to, second.goes_to, third.goes_to) == (page_of(ada), page_of(ada), USERS)
    assert console.get(page_of(ada)).told.startswith("Disable ada: done.")
    assert documents("users", "audit_log") == {each: before[each] for each in ("users", "audit_log")}


def test_a_document_offers_what_there_is_to_do_and_tells_what_was_done(
    console: Console, people: dict[str, Person]
) -> None:
    ada = people["ada"]

    def buttons() -> list[str]:
        return re.findall(r'<button[^>]* name="action" value="(\w+)"', console.get(page_of(ada)).html)

    assert buttons() == ["disable", "confirm_email", "clear_counters", "end_sessions", "view_as"]
    asked = console.ask(page_of(ada), "disable")
    assert asked.table("What will happen")[0][:2] == ["ada", "change"]
    done = console.confirm(page_of(ada), "disable")

    assert done.goes_to == page_of(ada)
    assert console.get(done.goes_to).told == "Disable ada: done."
    assert buttons() == ["enable", "confirm_email", "clear_counters", "end_sessions"]
    assert active(ada) == [False]


def test_a_document_offers_nothing_for_which_the_right_is_missing(
    console: Console, people: dict[str, Person], staff: Person
) -> None:
    support, whom = Console(new_staff(Role.SUPPORT, "sue")), (people["ada"], staff)

    def offers(by: Console, person: Person) -> bool:
        return 'value="disable"' in by.get(page_of(person)).html

    assert [offers(by, each) for by in (support, console) for each in whom] == [True, False] * 2


def test_where_there_is_nothing_to_do_no_reason_is_asked(console: Console, people: dict[str, Person]) -> None:
    page = console.ask(USERS, "enable", people["ada"].id, people["bert"].id)

    assert [line[1:] for line in page.table("What will happen")] == [["unchanged", "Not disabled."]] * 2
    assert "there is nothing to change" in page.text
    assert 'name="reason"' not in page.html


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("", "At least 5 characters are needed."),
        ("    four    ", "At least 5 characters are needed."),
        ("x" * 501, "At most 500 characters are possible."),
        ("two\nlines", "Control characters are not possible here."),
        ("a\u202eb overridden", "Control characters are not possible here."),
        ("a\x00b with nothing", "Control characters are not possible here."),
    ],
)
def test_a_reason_that_is_none_changes_nothing_and_is_asked_for_again(
    console: Console, people: dict[str, Person], reason: str, fault: str
) -> None:
    before = documents(*WRITTEN)

    page = console.confirm(USERS, "disable", people["ada"].id, reason=reason)

    assert fault in page.text
    assert "Error: " in page.html.partition("<title>")[2].partition("</title>")[0]
    assert 'aria-invalid="true"' in page.html
    assert documents(*WRITTEN) == before


def test_a_reason_is_stored_composed(console: Console, people: dict[str, Person]) -> None:
    console.confirm(USERS, "disable", people["ada"].id, reason="Cafe\u0301 <b>closed</b>")

    assert audit("user.disabled")[0]["private"]["reason"] == "Caf\u00e9 <b>closed</b>"
    assert "<b>closed</b>" not in console.get(LIST["audit"]).html


@pytest.mark.parametrize("action", ["disable", "delete_selected", "complete", "no_such"])
def test_what_is_not_offered_is_refused_and_changes_nothing(people: dict[str, Person], action: str) -> None:
    console = Console(new_staff(Role.FINANCE))
    ada, before = people["ada"], documents("users", "audit_log")

    answers = [
        console.ask(USERS, action, ada.id).status,
        console.confirm(USERS, action, ada.id).status,
        console.ask(page_of(ada), action).status,
        console.confirm(page_of(ada), action).status,
    ]

    assert answers == [403, 403, 403, 403]
    assert documents("users", "audit_log") == before
    assert console.get(USERS).status == 200
    assert 'name="action"' not in console.get(USERS).html + console.get(page_of(ada)).html


@pytest.mark.parametrize(
    ("action", "which"), [("delete_selected", "users"), ("end", "users"), ("x", "audit")]
)
def test_a_superuser_too_can_do_only_what_is_offered(
    console: Console, people: dict[str, Person], action: str, which: str
) -> None:
    before = documents("users", "audit_log")

    assert console.confirm(LIST[which], action, people["ada"].id).status == 403
    assert documents("users", "audit_log") == before


def test_a_stranger_is_led_to_the_sign_in_page(people: dict[str, Person]) -> None:
    before = documents("users", "audit_log")

    answer = Console().confirm(USERS, "disable", people["ada"].id)

    assert answer.goes_to == f"/admin/login/?next={USERS}"
    assert documents("users", "audit_log") == before


def test_a_form_of_another_site_is_refused(staff: Person, people: dict[str, Person]) -> None:
    client = Client(enforce_csrf_checks=True)
    token = client.get("/admin/login/").cookies["sbd_csrf"].value
    signing_in = {"username": staff.username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/admin/login/?next=/admin/", signing_in).status_code == 302
    form: dict[str, Any] = {"action": "disable", "_selected_action": [people["ada"].id]}
    form |= {"confirmed": "1", "reason": REASON}

    without = client.post(USERS, form)
    asked = Page(client.post(USERS, form | {"csrfmiddlewaretoken": _token(client.get(USERS)), "reason": ""}))

    assert without.status_code == 403
    assert active(people["ada"]) == [True]
    assert client.post(USERS, form | {"csrfmiddlewaretoken": _token(asked.raw)}).status_code == 302
    assert active(people["ada"]) == [False]


@pytest.mark.parametrize(
    ("action", "chosen", "words"),
    [
        ("", 1, "Choose what to do, and what to do it to. Nothing was changed."),
        ("disable", 0, "Choose what to do, and what to do it to. Nothing was changed."),
        ("disable", 101, "101 are chosen; at most 100 are possible at a time. Nothing was changed."),
    ],
)
def test_nothing_chosen_or_too_much_leads_back_with_a_word(
    console: Console, action: str, chosen: int, words: str
) -> None:
    ids = [f"user_{number}" for number in range(chosen)]

    answer = console.confirm(f"{USERS}?is_staff=no", action, *ids)

    assert answer.goes_to == f"{USERS}?is_staff=no"
    assert console.get(USERS).told == words


def test_a_hundred_are_done_at_once(console: Console) -> None:
    made = [f"user_{number}" for number in range(100)]
    template = documents("users")["users"][0]
    for each in made:
        named = {"_id": each, "username": each, "email": f"{each}@example.com", "is_superuser": False}
        collection("users").insert({**template, **named})

    page = console.confirm(USERS, "disable", *made)

    assert "100 users: 100 done." in page.text
    assert [entry["target"] for entry in audit("user.disabled")] == made


@pytest.mark.parametrize("identifier", ["user_nobody", "x" * 300])
def test_of_a_document_that_is_not_there_nothing_can_be_asked(console: Console, identifier: str) -> None:
    assert console.ask(f"{USERS}{identifier}/change/", "disable").status == 404
    assert console.ask(USERS, "disable", "user_nobody").status == 404


def test_a_fault_at_one_document_does_not_stop_the_others(
    console: Console, people: dict[str, Person]
) -> None:
    ada, bert = people["ada"], people["bert"]
    with failing("update", mode={"times": 1}, errorCode=2):
        page = console.confirm(USERS, "disable", ada.id, bert.id)

    assert page.table("What became of it") == [
        ["ada", "refused", "Something went wrong on our side."],
        ["bert", "done", ""],
    ]
    assert active(ada, bert) == [True, False]
    assert [entry["target"] for entry in audit("user.disabled")] == [bert.id]


def _token(answer: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.getvalue().decode())
    assert found
    return found[1]
