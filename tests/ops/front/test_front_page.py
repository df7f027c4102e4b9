"""The front page: numbers lead to what was counted, each sees only their own, old ones are called old."""

import html
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.front import attention, counting
from ops.jobs import heartbeats
from ops.mongo.collections import collection
from tests import commands
from tests.console import Console, Page
from tests.factories import Person, new_family, new_invitation, new_person, new_requests, new_staff
from tests.ops.incidents.opened import opened

FRONT = "/admin/"
AGO = timedelta(minutes=1)


@pytest.fixture
def ada() -> Person:
    return new_person("ada")


def figures(page: Page) -> dict[str, tuple[str, str]]:
    """Return number and address of what needs attention, by label."""
    part = page.html.partition('<section class="front-attention"')[2].partition("</section>")[0]
    found = re.findall(r'<a href="([^"]*)"><strong>(.*?)</strong> <span>(.*?)</span>', part)
    return {label: (number, html.unescape(address)) for address, number, label in found}


def totals(page: Page) -> dict[str, tuple[tuple[str, str], tuple[str, str]]]:
    """Return total and address of today and of the day last week, by what was counted."""
    found: dict[str, Any] = {}
    for part in page.html.split("<figure>")[1:]:
        label = part.partition("<figcaption>")[2].partition("<")[0]
        both = re.findall(r'<a href="([^"]*)"><(?:strong|span)>(.*?)<', part)
        found[label] = tuple((number, html.unescape(address)) for address, number in both)
    return found


def in_trouble(ada: Person) -> None:
    """Give each number of attention something to count, more than one where that is easy."""
    family, past = new_family(ada, "Larks"), clock.now() - AGO
    for address in ("ida@example.com", "ola@example.com"):
        new_invitation(family["_id"], ada, address)
    new_requests(family["_id"], ada)
    for name in ("family_invitations", "token_requests", "purchase_requests"):
        collection(name).update_all({}, {"$set": {"expires_at": past}})
    collection("sbd_accounts").update({"_id": family["account_id"]}, {"$set": {"status": "frozen"}})
    collection("email_outbox").update_all({}, {"$set": {"status": "dead_letter"}})
    for kind, subject in (("rate_limited", "192.0.2.1"), ("sign_in_limited", "192.0.2.2")):
        event = {"_id": f"sev_{kind}", "v": 1, "type": kind, "subject": subject, "count": 3, "facts": {}}
        unresolved = dict.fromkeys(("resolved_at", "resolved_by", "note"))
        times = {"first_at": past, "last_at": past}
        collection("security_events").insert({**event, **unresolved, **times})


def test_each_number_leads_to_a_list_of_just_what_was_counted(console: Console, ada: Person) -> None:
    in_trouble(ada)
    counting.count(clock.now())

    found = figures(console.get(FRONT))

    lists = {label: each for label, each in found.items() if each[1].split("?")[0].count("/") == 4}
    assert {label: number for label, (number, _) in lists.items() if number != "0"} == {
        "overdue invitations": "2",
        "overdue token requests": "1",
        "overdue purchase requests": "1",
        "frozen accounts": "1",
        "mails given up": "2",
        "events of refused calls (429) in the past hour": "1",
        "events of held-up sign-ins in the past hour": "1",
    }
    for label, (number, address) in lists.items():
        page = console.get(address)
        assert page.status == 200, label
        assert len(page.rows) == int(number), label


def test_what_calls_stands_before_what_is_calm_and_what_is_calm_is_shown(
    console: Console, ada: Person
) -> None:
    in_trouble(ada)
    counting.count(clock.now())

    found = [number for number, _ in figures(console.get(FRONT)).values()]

    assert len(found) == len(attention.every())
    calm = found.index("0")
    assert set(found[calm:]) == {"0"}
    assert "0" not in found[:calm]


def test_the_totals_of_a_chart_lead_to_the_lists_of_both_days(console: Console, ada: Person) -> None:
    family, now = new_family(ada, "Larks"), clock.now()
    for _ in range(2):
        new_person()
    new_invitation(family["_id"], ada, "ida@example.com")
    week_ago = (now - timedelta(days=7)).replace(hour=12, minute=0)
    collection("families").insert({**family, "_id": "fam_before", "created_at": week_ago})
    answered = {"status": "accepted", "responded_at": now}
    collection("family_invitations").update_all({}, {"$set": answered})
    counting.count(now)

    found = totals(console.get(FRONT))

    assert {label: (today[0], before[0]) for label, (today, before) in found.items()} == {
        "Families founded": ("1", "1"),
        "Invitations sent": ("1", "0"),
        "Invitations accepted": ("1", "0"),
        "People registered": ("4", "0"),  # with the one who looks
        "Requests for tokens": ("0", "0"),
        "Transactions": ("0", "0"),
        "Mails queued": ("1", "0"),
        "Calls refused with 429": ("0", "0"),
    }
    for label, both in found.items():
        for number, address in both:
            page = console.get(address)
            assert (page.status, len(page.rows)) == (200, int(number)), (label, address)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_that_of_who_looks_and_so_is_the_list_behind_it(
    console: Console, ada: Person, zone: str
) -> None:
    made, now = new_family(ada, "Larks"), clock.now()
    for number, hours in enumerate((5, 11, 17, 23, 29)):
        at = now - timedelta(hours=hours)
        collection("families").insert({**made, "_id": f"fam_{number}", "created_at": at})
    console.client.cookies["console_zone"] = zone
    for minutes in range(3):
        counting.count(now + timedelta(minutes=minutes))

    today, before = totals(console.get(FRONT))["Families founded"]

    assert int(today[0]) == len(console.get(today[1]).rows)
    assert int(before[0]) == len(console.get(before[1]).rows) == 0


def test_a_chart_says_in_words_and_in_a_table_what_it_draws(console: Console, ada: Person) -> None:
    new_family(ada, "Larks")
    now = clock.now()
    counting.count(now)

    page = console.get(FRONT)

    day = (now - timedelta(days=7)).date()
    last = f"{day:%A} {day.day} {day:%B}"
    assert f"<title>Families founded by hour: today 1 so far, {last} 0." in page.html
    assert f"{now:%H}:00 1 0" in page.text
    assert "style=" not in page.html.partition('class="front-charts"')[2].partition("</section>")[0]


def test_what_was_not_counted_is_no_zero(console: Console) -> None:
    page = console.get(FRONT)

    assert {number for number, _ in figures(page).values()} == {"-"}
    assert {each[0] for both in totals(page).values() for each in both} == {"-"}
    assert "Nothing was counted yet, since the job ops.front.count" in page.text
    assert "No worker runs." in page.text
    assert "No beat runs." in page.text


def test_old_numbers_are_called_old_with_the_reason(console: Console) -> None:
    now = clock.now()
    counting.count(now - timedelta(minutes=7))
    with pytest.raises(ZeroDivisionError), heartbeats.heartbeat("ops.front.count"):
        raise ZeroDivisionError

    page = console.get(FRONT)

    assert "These numbers are old: they were counted 7 min ago" in page.text
    assert "The job has failed: ZeroDivisionError." in page.text


def test_new_numbers_say_how_new(console: Console) -> None:
    counting.count(clock.now())

    page = console.get(FRONT)

    assert re.search(r"Counted \d+ s ago \( 20", page.text)
    assert "numbers are old" not in page.text


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR, Role.FINANCE, Role.AUDITOR])
def test_a_role_is_told_only_what_it_may_see_and_may_open_all_of_it(role: Role) -> None:
    counting.count(clock.now())
    console = Console(new_staff(role))

    page = console.get(FRONT)

    found = figures(page)
    addresses = {address for _, address in found.values()}
    addresses |= {address for both in totals(page).values() for _, address in both}
    assert {console.get(each).status for each in addresses} == {200}
    assert (role == Role.AUDITOR) == (len(found) == len(attention.every()))


def test_staff_without_a_role_are_told_nothing_and_not_that_it_is_old() -> None:
    person = new_person("idle")
    collection("users").update({"_id": person.id}, {"$set": {"is_staff": True}})

    page = Console(person).get(FRONT)

    assert page.status == 200
    assert "front-" not in page.html.partition('id="content-main"')[2]


@pytest.mark.parametrize(("role", "told"), [(Role.SUPPORT, ("1", "0")), (Role.AUDITOR, ("2", "1"))])
def test_security_incidents_count_for_those_who_may_know_of_them(role: Role, told: tuple[str, str]) -> None:
    opened("inc_1", severity="p1")
    opened("inc_2", severity="p1", kind="security")
    opened("inc_3", severity="p2", kind="security")
    opened("inc_4", severity="p1", state="resolved")
    counting.count(clock.now())
    console = Console(new_staff(role))

    found = figures(console.get(FRONT))

    severe, bad = found["open incidents, P1"], found["open incidents, P2"]
    assert (severe[0], bad[0]) == told
    for number, address in (severe, bad):
        assert len(console.get(address).table("Incidents, the newest first")) == int(number)


def test_the_counters_are_read_at_once_however_much_there_is(console: Console, ada: Person) -> None:
    def cost() -> Counter[str]:
        console.get(FRONT)
        with commands.recorded() as sent:
            assert console.get(FRONT).status == 200
        return Counter(commands.steps(sent))

    in_trouble(ada)
    counting.count(clock.now())
    few = cost()
    for _ in range(20):
        new_family(new_person())
    counting.count(clock.now())

    assert few["find console_counters"] == 1
    assert cost() - few == Counter()
