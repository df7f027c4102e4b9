"""The pages of the second factor, of people and of the console.

Source: HTTP contract, sections 1.2 and 11.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from family_site.identity import totp
from family_site.identity.actions import second_factor
from family_site.identity.queries import user_by_id
from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import collection
from tests.api import Api
from tests.console import LIST, Console, Page, document_page
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_family, new_person, new_staff
from tests.second_factors import Secured, code_of, secured, secured_staff
from tests.visitor import Visitor

WHY = "Their phone fell into the lake."


def browser(headers: dict[str, str] | None = None) -> Client:
    return Client(raise_request_exception=False, headers=headers or {})


def sign_in(client: Client, someone: Secured, *, path: str = "/sign-in", **more: str) -> Any:
    form = {"identifier": someone.person.username, "password": PASSWORD, **more}
    return client.post(path, form)


def challenge_in(answer: Any) -> str:
    found = re.search(r'name="challenge_token" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def by_code(client: Client, answer: Any, code: str, **more: str) -> Any:
    return client.post("/sign-in/code", {"challenge_token": challenge_in(answer), "code": code, **more})


def key_in(page: Any) -> str:
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.content.decode())
    assert found
    return found[1].replace(" ", "")


def codes_in(page: Any) -> list[str]:
    return re.findall(r"<li><code>([a-z2-9-]{11})</code></li>", page.content.decode())


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.fixture
def clerk() -> Secured:
    return secured_staff(Role.SUPPORT, "clerk")


# People -------------------------------------------------------------------------------------------


def test_a_person_sets_it_up_signs_in_with_it_and_turns_it_off(person: Person) -> None:
    client = browser()
    client.post("/sign-in", {"identifier": person.username, "password": PASSWORD})

    secret_page = client.post("/second-factor", {"do": "set_up", "password": PASSWORD})
    secret = key_in(secret_page)
    again = client.post("/second-factor", {"do": "turn_on", "code": "000000"})
    codes = codes_in(client.post("/second-factor", {"do": "turn_on", "code": code_of(secret)}))

    assert b"<svg" in secret_page.content
    assert (again.status_code, b"code is wrong" in again.content) == (401, True)
    assert secret.encode() not in again.content.replace(b" ", b"")
    assert len(set(codes)) == 10

    other = browser()
    asked = sign_in(other, Secured(person, secret, codes), next="/welcome")
    entered = by_code(other, asked, code_of(secret, 1), next="/welcome")
    assert (asked.status_code, "sessionid" in asked.cookies) == (200, False)
    assert (entered.status_code, entered["Location"]) == (303, "/welcome")

    off = other.post("/second-factor", {"do": "turn_off", "password": PASSWORD, "code": codes[3]})
    assert (off.status_code, off["Location"]) == (303, "/second-factor")
    assert Api(person).get("/auth/me").json["two_fa_enabled"] is False


def test_a_wrong_code_opens_nothing_and_the_form_stays(person: Person) -> None:
    someone, client = secured(person), browser()
    asked = sign_in(client, someone)

    wrong = by_code(client, asked, "000000")

    assert wrong.status_code == 401
    assert challenge_in(wrong) == challenge_in(asked)
    assert [each for each in documents("sessions")["sessions"] if each["kind"] == "browser"] == []
    assert by_code(client, wrong, someone.code()).status_code == 303


def test_a_challenge_that_is_over_leads_back_to_the_beginning(person: Person) -> None:
    someone, client = secured(person), browser()
    asked = sign_in(client, someone)
    for _ in range(5):
        by_code(client, asked, "000000")

    over = by_code(client, asked, someone.code())

    assert over.status_code == 401
    assert b"Please begin again" in over.content
    assert documents("sign_in_challenges")["sign_in_challenges"][0]["tries"] == 5


def test_a_backup_code_signs_in_and_the_person_is_warned(person: Person) -> None:
    someone, client = secured(person), browser()

    entered = by_code(client, sign_in(client, someone), someone.backup_codes[0].upper())

    assert entered.status_code == 303
    assert [each["after"] for each in audit("second_factor.backup_code_used")] == [{"backup_codes_left": 9}]
    assert by_code(client, sign_in(browser(), someone), someone.backup_codes[0]).status_code == 401


def test_new_backup_codes_are_made_only_after_the_code_was_shown_again(person: Person) -> None:
    someone, client = secured(person), browser()
    by_code(client, sign_in(client, someone), someone.code())

    sent_on = client.post("/second-factor", {"do": "renew"})
    confirmed = client.post("/second-factor/confirm", {"code": someone.code(1), "next": "/second-factor"})
    made = codes_in(client.post("/second-factor", {"do": "renew"}))

    assert sent_on["Location"] == "/second-factor/confirm?next=/second-factor"
    assert (confirmed.status_code, confirmed["Location"]) == (303, "/second-factor")
    assert len(set(made) - set(someone.backup_codes)) == 10
    assert by_code(browser(), sign_in(browser(), someone), someone.backup_codes[0]).status_code == 401


def test_nobody_is_led_to_the_sign_in() -> None:
    for path in ("/second-factor", "/second-factor/confirm", "/sign-in/code"):
        answer = browser().get(path)
        assert (answer.status_code, answer["Location"]) == (303, "/sign-in")


def test_looking_changes_nothing(person: Person) -> None:
    visitor = Visitor(person)
    before = documents()

    for path in ("/second-factor", "/second-factor/confirm"):
        visitor.open(path)

    assert documents() == before


# The console --------------------------------------------------------------------------------------


def test_the_console_asks_for_the_code_before_it_opens(clerk: Secured) -> None:
    client = browser()
    form = {"username": "clerk", "password": PASSWORD, "next": "/admin/identity/user/"}

    asked = client.post("/admin/login/", form)
    before = is_inside(client)
    entered = by_code(client, asked, clerk.code(), next="/admin/identity/user/")

    assert (asked.status_code, before) == (200, False)
    assert "no-store" in asked["Cache-Control"]
    assert (entered.status_code, entered["Location"]) == (303, "/admin/identity/user/")
    assert is_inside(client)


def test_staff_who_must_have_one_set_it_up_before_they_come_in(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    new_staff(Role.SUPPORT, "newcomer")
    client = browser()
    client.post("/admin/login/", {"username": "newcomer", "password": PASSWORD, "next": "/admin/"})

    led = client.get("/admin/login/?next=/admin/")
    secret = key_in(client.post("/second-factor", {"do": "set_up", "password": PASSWORD}))
    kept_out = is_inside(client)
    client.post("/second-factor", {"do": "turn_on", "code": code_of(secret)})

    assert led["Location"] == "/second-factor?next=/admin/"
    assert kept_out is False
    assert is_inside(client)


def test_a_session_from_before_shows_it_once() -> None:
    someone = new_staff(Role.SUPPORT, "early")
    console = Console(someone)
    early = secured(someone)

    led = console.get("/admin/login/?next=/admin/")
    confirmed = console.client.post("/second-factor/confirm", {"code": early.code(), "next": "/admin/"})

    assert led.goes_to == "/second-factor/confirm?next=/admin/"
    assert confirmed["Location"] == "/admin/"
    assert is_inside(console.client)


def test_taking_a_second_factor_away_asks_for_ones_own_and_ends_all_sessions(clerk: Secured) -> None:
    lost, client = secured(new_person("robin")), browser()
    page = document_page(LIST["users"], lost.person.id)
    by_code(client, client.post("/admin/login/", {"username": "clerk", "password": PASSWORD}), clerk.code())
    wanted = {"action": "reset_second_factor", "reason": WHY, "confirmed": "yes"}

    asked = client.post(page, wanted)
    untouched = documents("users")
    client.post("/second-factor/confirm", {"code": clerk.code(1), "next": page})
    done = client.post(page, wanted)

    assert asked["Location"] == f"/second-factor/confirm?next={page}"
    assert [each["_id"] for each in untouched["users"] if each["second_factor"]] != []
    assert done.status_code == 302
    (entry,) = audit("second_factor.reset")
    assert (entry["actor"], entry["target"]) == (clerk.person.id, lost.person.id)
    assert entry["private"]["reason"] == WHY
    assert Api(lost.person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    login = {"username": "robin", "password": PASSWORD}
    assert Api().post("/auth/login", login).status == 200


@pytest.mark.parametrize("action", ["dissolve", "promote"])
def test_what_needs_it_fresh_in_the_api_needs_it_in_the_console(action: str, clerk: Secured) -> None:
    family, client = new_family(new_person())["_id"], browser()
    by_code(client, client.post("/admin/login/", {"username": "clerk", "password": PASSWORD}), clerk.code())
    page = document_page(LIST["families"], family)

    asked = client.post(page, {"action": action})

    assert asked["Location"] == f"/second-factor/confirm?next={page}"


def test_staff_do_not_take_away_their_own(clerk: Secured) -> None:
    client = browser()
    by_code(client, client.post("/admin/login/", {"username": "clerk", "password": PASSWORD}), clerk.code())
    client.post("/second-factor/confirm", {"code": clerk.code(1)})
    page = document_page(LIST["users"], clerk.person.id)

    client.post(page, {"action": "reset_second_factor", "reason": WHY, "confirmed": "yes"})

    assert audit("second_factor.reset") == []
    assert collection("users").find_one({"_id": clerk.person.id, "second_factor": {"$ne": None}})


def test_a_secret_that_waits_is_shown_to_its_owner_only_while_it_waits(person: Person) -> None:
    second_factor.set_up(PASSWORD, actor=person.actor, now=clock.now())
    client = browser()
    client.post("/sign-in", {"identifier": person.username, "password": PASSWORD})
    collection("users").update({"_id": person.id}, {"$set": {"second_factor_pending.expires_at": 1}})

    answer = client.post("/second-factor", {"do": "turn_on", "code": "123456"})

    assert answer.status_code == 400
    assert b"begin again" in answer.content


def test_what_was_shown_of_a_replaced_one_counts_no_longer() -> None:
    someone = new_staff(Role.SUPPORT, "replacer")
    first, client = secured(someone), browser()
    login = {"username": "replacer", "password": PASSWORD}
    by_code(client, client.post("/admin/login/", login), first.code())
    later = clock.now() + timedelta(minutes=1)
    made = second_factor.replace(PASSWORD, first.backup_codes[0], actor=someone.actor, now=later)
    code = totp.code_at(made.secret, totp.step_at(later) - 1)

    before = is_inside(client)
    second_factor.turn_on(code, actor=someone.actor, now=later)

    assert (before, is_inside(client)) == (True, False)


def test_a_user_s_page_tells_since_when_and_how_many_codes_are_left(clerk: Secured) -> None:
    someone, client = secured(), browser()
    by_code(client, client.post("/admin/login/", {"username": "clerk", "password": PASSWORD}), clerk.code())

    page = Page(client.get(document_page(LIST["users"], someone.person.id)))

    since = user_by_id(someone.person.id)["second_factor"]["on_since"]
    told = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert page.field("Second factor") == f"since {told} UTC; backup codes left: 10"
    other = Page(client.get(document_page(LIST["users"], new_person().id)))
    assert other.field("Second factor") == "-"
