"""Seeing what a person sees: nothing of theirs changes, no form is taken, and it ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from family_site.identity.actions import disabling, ending, roles
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.viewing_as.offers import OFFERS
from tests.console import LIST, Console, Page, document_page
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person, new_staff

OF_STAFF = {"audit_log", "sessions"}


@pytest.fixture
def ada() -> Person:
    return new_person("ada")


@pytest.fixture
def console() -> Console:
    return Console(new_staff(Role.SUPPORT))


def begin(console: Console, person: Person) -> Page:
    return console.confirm(document_page(LIST["users"], person.id), "view_as")


def put_forward(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    now = clock.now

    def later() -> datetime:
        return now() + ahead

    monkeypatch.setattr(clock, "now", later)


def endings() -> list[Any]:
    return [each["after"]["why"] for each in audit("viewing_as.ended")]


def is_active(person: Person) -> bool:
    found = collection("users").find_one({"_id": person.id}, {"is_active": 1})
    return found is not None and bool(found["is_active"])


def test_every_page_shows_what_the_person_sees_and_changes_nothing(console: Console, ada: Person) -> None:
    family_id = new_family(ada, "Larks")["_id"]
    begin(console, ada)
    before = {name: each for name, each in documents().items() if name not in OF_STAFF}

    for offer in OFFERS.values():
        page = console.get(f"/admin/as/{offer.name}/{f'{family_id}/' if offer.asks_id else ''}")
        assert page.status == 200
        assert "They are refused this" not in page.text, offer.name
        assert "You see what ada sees, read only" in page.text

    assert {name: each for name, each in documents().items() if name not in OF_STAFF} == before
    assert "ada@example.com" in console.get("/admin/as/").text
    assert f"/admin/as/family/{family_id}/" in console.get("/admin/as/families/").links


def test_a_refusal_is_shown_in_the_words_of_the_person(console: Console, ada: Person) -> None:
    family_id = new_family(new_person(), "Wrens")["_id"]
    begin(console, ada)

    page = console.get(f"/admin/as/family/{family_id}/")

    assert page.status == 200
    assert "They are refused this" in page.text
    assert "FAMILY_NOT_FOUND" in page.text


def test_no_form_is_taken_until_it_is_stopped(console: Console, ada: Person) -> None:
    begin(console, ada)
    path = document_page(LIST["users"], ada.id)

    refused = console.confirm(path, "disable")

    assert refused.status == 403
    assert is_active(ada)
    assert console.post("/admin/as/stop/").goes_to == path
    assert "You see what" not in console.get("/admin/").text
    console.confirm(path, "disable")
    assert not is_active(ada)


def test_begun_and_stopped_stand_among_the_entries_of_the_person(console: Console, ada: Person) -> None:
    begin(console, ada)
    console.post("/admin/as/stop/")

    (begun,), (ended,) = audit("viewing_as.begun"), audit("viewing_as.ended")
    assert begun["target"] == ended["target"] == ada.id
    assert begun["private"]["reason"] == "as asked by phone"
    assert ended["after"] == {"why": "stopped"}


def test_it_ends_by_itself(console: Console, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(console, ada)
    put_forward(monkeypatch, timedelta(minutes=15, seconds=1))

    page = console.get("/admin/")

    assert "You see what ada sees" not in page.text
    assert "time to see as ada is up" in page.text
    assert endings() == ["time_is_up"]


def test_signing_out_ends_it(console: Console, ada: Person) -> None:
    begin(console, ada)

    assert console.sign_out().status == 200

    (begun,), (ended,) = audit("viewing_as.begun"), audit("viewing_as.ended")
    assert ended["after"]["why"] == "signed_out"
    assert (ended["actor"], ended["actor_kind"]) == (begun["actor"], begun["actor_kind"])


def test_the_page_of_who_sees_as_somebody_shows_their_sessions(ada: Person) -> None:
    support = new_staff(Role.SUPPORT)
    begin(Console(support), ada)

    page = Console(new_staff(Role.SUPERUSER)).get(document_page(LIST["users"], support.id))

    assert page.status == 200
    assert "browser" in {row[1] for row in page.table("Latest sessions")}


def test_who_ends_the_session_ends_it(ada: Person) -> None:
    support, superuser = new_staff(Role.SUPPORT), new_staff(Role.SUPERUSER).actor

    begin(Console(support), ada)
    ending.end_all_by_staff(support.id, actor=superuser, now=clock.now(), reason="for a test")
    begin(Console(support), ada)
    ending.end_everybodys(actor=superuser, now=clock.now(), reason="for a test")

    assert endings() == ["session_revoked", "session_revoked"]
    assert {each["actor"] for each in audit("viewing_as.ended")} == {superuser.id}


def test_who_becomes_staff_meanwhile_is_seen_no_longer(console: Console, ada: Person) -> None:
    begin(console, ada)
    roles.grant(ada.id, Role.OPERATOR, actor=Actor.system("tests"), now=clock.now(), reason="for a test")

    page = console.get("/admin/as/me/")

    assert "ada@example.com" not in page.html
    assert "You may not see what ada sees any more" in page.text
    assert endings() == ["not_allowed"]


def test_who_is_no_superuser_any_more_sees_no_staff(ada: Person) -> None:
    viewer, system = new_staff(Role.SUPERUSER), Actor.system("tests")
    roles.grant(viewer.id, Role.SUPPORT, actor=system, now=clock.now(), reason="for a test")
    roles.grant(ada.id, Role.OPERATOR, actor=system, now=clock.now(), reason="for a test")
    console = Console(viewer)
    begin(console, ada)
    assert "ada@example.com" in console.get("/admin/as/me/").html
    roles.revoke(viewer.id, Role.SUPERUSER, actor=system, now=clock.now(), reason="for a test")

    assert "ada@example.com" not in console.get("/admin/as/me/").html
    assert endings() == ["not_allowed"]


def test_who_is_disabled_meanwhile_is_seen_no_longer(console: Console, ada: Person) -> None:
    begin(console, ada)
    disabling.disable(ada.id, actor=new_staff(Role.SUPERUSER).actor, now=clock.now(), reason="for a test")

    page = console.get("/admin/as/")

    assert "disabled or gone" in page.text
    assert endings() == ["person_gone"]


def test_what_staff_see_is_offered_to_superusers_only(console: Console) -> None:
    operator = new_staff(Role.OPERATOR)
    path = document_page(LIST["users"], operator.id)

    assert 'value="view_as"' not in console.get(path).html
    begin(console, operator)
    assert audit("viewing_as.begun") == []

    superuser = Console(new_staff(Role.SUPERUSER))
    assert 'value="view_as"' in superuser.get(path).html
    begin(superuser, operator)
    assert len(audit("viewing_as.begun")) == 1


def test_who_may_not_see_as_others_is_offered_nothing_of_it(ada: Person) -> None:
    console = Console(new_staff(Role.FINANCE))

    assert 'value="view_as"' not in console.get(document_page(LIST["users"], ada.id)).html
    assert begin(console, ada).status == 403
    assert console.get("/admin/as/").status == 403
