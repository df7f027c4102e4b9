"""Signing up in a browser; and what holds of every page for people."""

import re

import pytest

from ops.mongo.collections import collection
from tests.database import documents
from tests.factories import PASSWORD, Person, new_person
from tests.routes import routes
from tests.visitor import Shown, Visitor

OF_FAMILIES = {"/welcome", "/welcome/{family_id}"}  # tests/families/test_welcome_pages.py
# test_second_factor_pages.py
OF_SECOND_FACTOR = {"/sign-in/code", "/second-factor", "/second-factor/confirm"}
OF_PROVIDERS = {f"/sign-in/external{each}" for each in ("", "/callback", "/end")}  # test_external_sign_in.py
PAGES = ("/sign-in", "/sign-up", "/sign-out", "/forgot-password", "/confirm-address", "/auth/verify-email")


def faults(page: Shown) -> dict[str, str]:
    """Return what is said about each field, found by the id that the field names as its description."""
    said = {}
    for name, known in page.inputs.items():
        for part in (known.get("aria-describedby") or "").split():
            if part.endswith("_error"):
                found = re.search(rf'id="{part}"[^>]*>(.*?)</ul>', page.html, re.DOTALL)
                assert found
                said[name] = re.sub(r"<[^>]+>", " ", found[1]).strip()
    return said


# Up -----------------------------------------------------------------------------------------------


def test_who_signs_up_is_signed_in_and_gets_a_mail_to_confirm_the_address() -> None:
    visitor = Visitor()
    typed = {"username": "Newcomer", "email": "New@Example.com", "password": PASSWORD}

    page = visitor.press(visitor.open("/sign-up"), "Sign up", **typed)

    assert (page.status, page.heading) == (200, "Your families")
    assert "Signed in as newcomer" in page.text
    (user,) = documents("users")["users"]
    assert (user["username"], user["email"], user["email_confirmed_at"]) == (
        "newcomer",
        "new@example.com",
        None,
    )
    assert [each["template"] for each in documents("email_outbox")["email_outbox"]] == ["confirm_email"]
    assert [each["kind"] for each in documents("sessions")["sessions"]] == ["browser"]
    assert user["_id"] in {each["owner"]["id"] for each in documents("sbd_accounts")["sbd_accounts"]}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"username": "x"}, {"username"}),
        ({"username": "admin"}, {"username"}),
        ({"username": "näme"}, {"username"}),
        ({"email": "nothing"}, {"email"}),
        ({"email": "a@b.c\x00"}, {"email"}),
        ({"password": "short"}, {"password"}),
        ({"password": "alllowercase"}, {"password"}),
        ({"password": "Newcomer-7"}, {"password"}),
        ({"password": "Aa1!" * 40}, {"password"}),
        ({"username": "", "email": "", "password": ""}, {"username", "email", "password"}),
        ({"username": "taken", "email": "taken@example.com"}, {"username", "email"}),
    ],
)
def test_what_is_wrong_is_said_at_the_field(typed: dict[str, str], expected: set[str]) -> None:
    new_person("taken")
    before = documents("users", "sbd_accounts", "sessions", "email_outbox")
    good = {"username": "newcomer", "email": "new@example.com", "password": PASSWORD}
    visitor = Visitor()

    page = visitor.press(visitor.open("/sign-up"), "Sign up", **{**good, **typed})

    assert (page.status, page.heading) == (400, "Sign up")
    assert faults(page).keys() == expected
    assert {name for name, known in page.inputs.items() if known.get("aria-invalid") == "true"} == expected
    assert page.html.count("autofocus") == 1
    assert 'role="alert"' in page.html
    assert page.inputs["password"].get("value") is None
    assert documents("users", "sbd_accounts", "sessions", "email_outbox") == before


# Every page ---------------------------------------------------------------------------------------


def test_every_page_there_is_is_tried_here_or_with_the_families() -> None:
    pages = {path for path, each in routes() if getattr(each.callback, "is_page", False)}

    of_others = OF_FAMILIES | OF_PROVIDERS | OF_SECOND_FACTOR
    assert pages == {each for each in PAGES if not each.startswith("/auth/")} | of_others


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT"])
def test_looking_changes_nothing(person: Person, path: str, method: str) -> None:
    visitors = [Visitor(), Visitor(person)]
    before = documents()

    pages = [each.open(path, method=method) for each in visitors]

    assert {each.status for each in pages} <= ({200} if method in {"GET", "HEAD"} else {403, 405})
    assert {each.html for each in pages} == {""} or method != "HEAD"
    assert documents() == before
    assert visitors[0].cookies <= {"sbd_csrf"}


@pytest.mark.parametrize("path", PAGES)
def test_a_form_without_its_token_is_refused(person: Person, path: str) -> None:
    visitor = Visitor()
    typed = {"identifier": person.username, "password": PASSWORD, "email": person.email, "token": "x"}
    before = documents()

    page = visitor.send(path, typed)

    assert (page.status, page.heading) == (403, "This form was not taken")
    assert documents() == before


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_headers_of_one_that_may_hold_a_token(path: str) -> None:
    page = Visitor().open(path)

    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert "<script" not in page.html
    assert "style=" not in page.html


def test_a_session_that_cannot_be_written_is_answered_by_a_page(person: Person) -> None:
    visitor = Visitor()
    form = visitor.open("/sign-in").form("Sign in").fields
    collection("users").update({"_id": person.id}, {"$set": {"sign_ins": "not a number"}})

    before = documents("sessions")

    page = visitor.send("/sign-in", {**form, "identifier": person.username, "password": PASSWORD})

    assert (page.status, page.heading) == (500, "Internal Server Error")
    assert documents("sessions") == before


def test_a_refused_form_leads_back_to_its_page() -> None:
    visitor = Visitor()
    pages = [
        visitor.send("/sign-in", {"next": "/welcome/fam_x"}),
        visitor.send("/auth/reset-password?token=x", {}),
        visitor.send("/sign-in", {"next": "//elsewhere.example"}),
    ]

    assert [page.links["Open the page again"] for page in pages] == [
        "/sign-in?next=%2Fwelcome%2Ffam_x",
        "/auth/reset-password?token=x",
        "/sign-in",
    ]
