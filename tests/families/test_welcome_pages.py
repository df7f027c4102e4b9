"""Who is in: the page after joining, and the one of a person's families."""

import pytest
from django.test import override_settings

from ops.mongo.collections import Document
from tests.database import documents
from tests.factories import Person, new_family
from tests.visitor import Visitor

FAMILIES = {"/welcome", "/welcome/{family_id}"}


@pytest.fixture
def family(person: Person) -> Document:
    return new_family(person)


def test_a_member_sees_who_is_in_the_family(person: Person, family: Document) -> None:
    page = Visitor(person).open(f"/welcome/{family['_id']}")

    assert (page.status, page.heading) == (200, "You are in the family Larks")
    assert f"Members {person.username} (you) admin" in page.text


def test_to_everybody_else_the_family_is_not_there(stranger: Person, family: Document) -> None:
    visitor = Visitor(stranger)

    there, nowhere = visitor.open(f"/welcome/{family['_id']}"), visitor.open("/welcome/fam_nowhere")

    assert (there.status, there.heading) == (nowhere.status, nowhere.heading) == (404, "Not Found")
    assert "There is no such family." in there.text
    assert "Larks" not in there.html


def test_nobody_is_led_to_sign_in_and_back(person: Person, family: Document) -> None:
    visitor, path = Visitor(), f"/welcome/{family['_id']}"

    entrance = visitor.open(path)
    page = visitor.sign_in(person.email, at=entrance.goes_to)

    assert entrance.status == 303
    assert page.heading == "You are in the family Larks"
    assert Visitor().open("/welcome").goes_to == "/sign-in"


def test_who_comes_from_nowhere_sees_their_families(person: Person, family: Document) -> None:
    page = Visitor(person).open("/welcome")

    assert page.heading == "Your families"
    assert page.links["Larks"] == f"/welcome/{family['_id']}"
    assert "Your address is not confirmed yet" in page.text


def test_who_is_in_no_family_is_told_how_to_come_into_one(person: Person) -> None:
    assert "You are in no family yet." in Visitor(person).open("/welcome").text


@pytest.mark.parametrize("path", sorted(FAMILIES))
def test_the_way_on_is_the_app_if_there_is_one(person: Person, family: Document, path: str) -> None:
    visitor, path = Visitor(person), path.format(family_id=family["_id"])

    with override_settings(APP_URL="https://app.example.com"):
        with_app = visitor.open(path)

    assert with_app.links["Go on to the app"] == "https://app.example.com"
    assert 'rel="noreferrer"' in with_app.html
    assert "Go on to the app" not in visitor.open(path).links


@pytest.mark.parametrize("path", sorted(FAMILIES))
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_these_pages_change_nothing(person: Person, family: Document, path: str, method: str) -> None:
    visitor, path = Visitor(person), path.format(family_id=family["_id"])
    before = documents()

    page = visitor.open(path, method=method)

    assert page.status in ({200} if method in {"GET", "HEAD"} else {403, 405})
    assert documents() == before


def test_a_name_that_is_long_and_odd_is_only_text(person: Person) -> None:
    family = new_family(person, "</h1><img src=x onerror=alert(1)>" + "W" * 60)

    page = Visitor(person).open(f"/welcome/{family['_id']}")

    assert "<img src=x" not in page.html
    assert family["name"] in page.text
