"""Signing in at another provider: by real redirects, over HTTP, against a real provider."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from family_site.identity.actions.external import MARK_KEPT
from ops import clock
from tests.database import audit, documents, public_part
from tests.factories import Person
from tests.family_site.travelling import (
    BUTTON,
    CALLBACK,
    asked,
    begun,
    confirmed,
    linked,
    sent_back,
    there_and_back,
)
from tests.identity_provider import CLIENT_ID, OTHER_KEY, provider
from tests.mails import mails
from tests.visitor import Visitor

FORM_ACTION = "form-action 'self'"


@pytest.fixture
def person() -> Person:
    """Somebody whose address is confirmed."""
    return confirmed()


def test_the_first_time_links_the_two_and_signs_in(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        answer = there_and_back(visitor)

    assert (answer.status, answer.goes_to) == (303, "/welcome")
    assert visitor.is_signed_in
    assert linked(person) == [{"issuer": nest.issuer, "subject": "bird-7"}]
    (entry,) = audit("identity.linked")
    assert (entry["actor"], entry["actor_kind"], entry["target"]) == (person.id, "user", person.id)
    assert (entry["after"], entry["private"]["subject"]) == ({"issuer": nest.issuer}, "bird-7")
    assert "bird-7" not in public_part(entry)
    (opened,) = [each for each in audit("session.opened") if each["after"].get("kind") == "browser"]
    assert opened["actor"] == person.id


def test_the_link_is_told_by_a_notice_and_a_mail_once(person: Person) -> None:
    with provider(person.email):
        there_and_back(Visitor())
        there_and_back(Visitor())

    (mail,) = mails("security")
    assert (mail.to, mail.subject) == (person.email, "Your account can be opened by another sign-in")
    told = documents("notifications")["notifications"]
    assert [(each["user_id"], each["data"]["event"]) for each in told] == [(person.id, "identity_linked")]


def test_from_then_on_the_pair_decides_whatever_the_addresses_are(person: Person) -> None:
    other, visitor = confirmed(), Visitor()
    with provider(person.email) as nest:
        there_and_back(Visitor())
        nest.person = {"sub": "bird-7", "email": other.email, "email_verified": True}
        assert there_and_back(visitor).status == 303
        nest.person = {"sub": "bird-7"}
        assert there_and_back(Visitor()).status == 303

    assert f"Signed in as {person.username}" in visitor.open("/welcome").text
    assert (len(audit("identity.linked")), len(linked(person)), linked(other)) == (1, 1, [])


@pytest.mark.parametrize("verified", [True, "true"])
def test_an_address_that_is_told_beside_the_token_counts(person: Person, verified: object) -> None:
    with provider(person.email) as nest:
        nest.told = {**nest.person, "email_verified": verified}
        nest.person = {"sub": "bird-7"}
        answer = there_and_back(Visitor())

    assert (answer.status, len(linked(person))) == (303, 1)


def test_the_provider_is_asked_with_state_nonce_and_pkce_and_each_time_with_others(person: Person) -> None:
    with provider(person.email) as nest:
        first, second = (asked(begun(Visitor()).goes_to) for _ in range(2))

    secret = {"state", "nonce", "code_challenge"}
    assert {name: value for name, value in first.items() if name not in secret} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{settings.PUBLIC_URL}{CALLBACK}",
        "scope": "openid email",
        "code_challenge_method": "S256",
    }
    assert len({values[name] for values in (first, second) for name in secret}) == 6
    assert nest.asked["/.well-known/openid-configuration"] == 1


def test_the_verifier_is_that_of_the_challenge_and_leaves_the_browser_by_no_address(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        address = begun(visitor).goes_to
        answer = visitor.open(sent_back(address))

    (form,) = nest.heard
    digest = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert digest == asked(address)["code_challenge"]
    assert form["code_verifier"] not in address + answer.html + repr(answer.headers)


def test_what_the_browser_carries_is_sealed_short_lived_and_gone_afterwards(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email):
        address = begun(visitor).goes_to
        cookie = visitor.client.cookies["sbd_external"]
        kept = {name: cookie[name] for name in ("max-age", "path", "httponly", "samesite")}
        assert kept == {"max-age": 600, "path": "/sign-in/external", "httponly": True, "samesite": "Lax"}
        for secret in (asked(address)["state"], asked(address)["nonce"]):
            assert secret not in cookie.value
        visitor.open(sent_back(address))

    assert "sbd_external" not in visitor.cookies


def test_one_comes_back_to_where_one_was(person: Person) -> None:
    with provider(person.email):
        answer = there_and_back(Visitor(), at="/sign-in?next=/welcome/fam_x")
        elsewhere = there_and_back(Visitor(), at="/sign-in?next=//elsewhere.example")

    assert (answer.goes_to, elsewhere.goes_to) == ("/welcome/fam_x", "/welcome")


def test_looking_changes_nothing_and_asks_nobody(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        before = documents()
        pages = [visitor.open(path) for path in ("/sign-in", "/sign-in/external")]
        assert visitor.open("/sign-in/external", method="HEAD").status == 200
        assert visitor.open(CALLBACK, method="HEAD").status == 405

        assert [page.status for page in pages] == [200, 200]
        assert all(page.form(BUTTON).action == "/sign-in/external" for page in pages)
        assert "sbd_external" not in visitor.cookies
        assert (documents(), nest.asked.total()) == (before, 0)


def test_the_way_begins_by_our_own_form_only(person: Person) -> None:
    with provider(person.email) as nest:
        answer = Visitor().send("/sign-in/external", {})

    assert (answer.status, nest.asked.total()) == (403, 0)


def test_only_pages_with_the_button_may_lead_their_forms_to_the_provider(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        wider = f"{FORM_ACTION} {nest.issuer};"
        for path in ("/sign-in", "/sign-in/external"):
            assert wider in visitor.open(path).headers["Content-Security-Policy"]
        for path in ("/sign-up", "/sign-out", "/forgot-password", CALLBACK):
            assert f"{FORM_ACTION};" in visitor.open(path).headers["Content-Security-Policy"]
    assert f"{FORM_ACTION};" in visitor.open("/sign-in").headers["Content-Security-Policy"]


def test_to_another_host_of_the_provider_leads_a_link(person: Person) -> None:
    visitor = Visitor()
    with provider(person.email) as nest:
        elsewhere = nest.issuer.replace("127.0.0.1", "localhost")
        nest.discovery = {"authorization_endpoint": f"{elsewhere}/authorize"}
        page = begun(visitor)
        assert (page.status, page.heading) == (200, "On to Nest")
        assert page.links["Go on"].startswith(f"{elsewhere}/authorize?")
        assert visitor.open(sent_back(page.links["Go on"])).status == 303

    assert visitor.is_signed_in


def test_a_key_that_the_provider_has_changed_is_found(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(person.email) as nest:
        there_and_back(Visitor())
        nest.key, nest.published = OTHER_KEY, [OTHER_KEY]
        monkeypatch.setattr("family_site.identity.external.provider.KEYS_AGAIN_SECONDS", 0.0)
        assert there_and_back(Visitor()).status == 303

    assert nest.asked["/keys"] == 2


def test_without_a_provider_there_is_no_button_and_no_page() -> None:
    visitor = Visitor()

    page = visitor.open("/sign-in")
    fields = page.form("Sign in").fields

    assert [form.button for form in page.forms] == ["Sign in"]
    assert visitor.open("/sign-in/external").status == 404
    assert visitor.send("/sign-in/external", fields).status == 404
    assert visitor.open(f"{CALLBACK}?state=x&code=y").status == 404


def test_the_marks_of_ways_that_were_gone_do_not_stay(person: Person) -> None:
    with provider(person.email):
        there_and_back(Visitor())

    (mark,) = documents("external_sign_ins")["external_sign_ins"]
    assert timedelta(0) < mark["expires_at"] - clock.now().replace(tzinfo=None) <= MARK_KEPT


def test_no_log_holds_a_code_a_token_or_a_secret(person: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    visitor = Visitor()
    with provider(person.email) as nest, capture_logs() as lines:
        path = sent_back(begun(visitor).goes_to)
        assert visitor.open(path).status == 303
        visitor.open(path)

    assert {"auth.external.linked", "auth.external.refused"} <= {line["event"] for line in lines}
    # The provider runs here, too, and its library tells what it gives.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("authlib")]
    logged = f"{lines}{ours}"
    secrets = [*asked(path).values(), *map(str, nest.given[0].values()), *nest.heard[0].values()]
    assert [secret for secret in secrets if len(secret) > 30 and secret in logged] == []
